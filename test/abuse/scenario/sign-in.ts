import { randomUUID } from 'node:crypto';
import { eventually } from '../../support/eventually.js';
import { Client } from '../../support/client.js';
import { wrong } from '../../support/people.js';
import { atLeast, atMost, type Scenario } from '../abuse.js';
import { rawRequest } from '../raw-request.js';
import type { Setup } from '../setup.js';

const LOGINS = 600;
/** Checks that may wait in a process, and those that run. */
const CHECKED_AT_ONCE = 50;

const login = (from: string, mobile: string, password: string) =>
  rawRequest({ method: 'POST', path: '/auth/login', from, body: { mobile, password } });

const logins: Scenario = {
  name: 'logins',
  about: `${LOGINS} logins at once, each of another person from another address`,
  async prepare(setup) {
    const people = await setup.people(LOGINS);
    const requests = people.map(({ mobile }) => login(setup.newAddress(), mobile, `guess ${randomUUID()}`));
    return {
      volleys: [{ requests, lanes: LOGINS, atMost: LOGINS }],
      count: ({ answers }) => [
        atMost('answers other than 401 and 503', LOGINS - (answers['401'] ?? 0) - (answers['503'] ?? 0), 0),
        atLeast('logins that were checked', answers['401'] ?? 0, CHECKED_AT_ONCE / 2),
      ],
    };
  },
};

const passwordGuesses: Scenario = {
  name: 'password-guesses',
  about: '152 guesses at one password from 152 addresses',
  async prepare(setup) {
    const { mobile } = await setup.system.user();
    const requests = setup.newAddresses(152).map((from) => login(from, mobile, `guess ${randomUUID()}`));
    return {
      volleys: [{ requests, perSecond: 150, atMost: requests.length }],
      count: ({ answers }) => [atMost('guesses that were compared', answers['401'] ?? 0, 20)],
    };
  },
};

const SESSIONS = 'SELECT count(*) FROM session WHERE user_id = $1';

/** The person's own sign-in by a code, from an address of their own. @returns the status of its last answer */
async function ownSignIn(setup: Setup, mobile: string): Promise<number> {
  const client = new Client(setup.url);
  const headers = { 'X-Forwarded-For': setup.newAddress() };
  // The codes that the attack had sent are there already.
  const before = setup.messagesTo([mobile]).length;
  const sent = await client.post('/auth/send-otp', { mobile }, { headers });
  if (sent.status !== 200) return sent.status;
  const arrived = await eventually('the code', () => setup.messagesTo([mobile])[before], 60_000);
  const { challengeId } = sent.body;
  const { status } = await client.post(
    '/auth/verify-otp',
    { mobile, otp: arrived.body.code, challengeId },
    { headers },
  );
  return status;
}

const codeGuesses: Scenario = {
  name: 'code-guesses',
  about: '50 wrong codes a second for somebody else’s number from 20 addresses; then its owner signs in',
  async prepare(setup, { seconds, random }) {
    const { id, mobile } = await setup.system.user();
    const addresses = setup.newAddresses(20);
    const ask = (from: string, route: string, more = {}) =>
      rawRequest({ method: 'POST', path: `/auth/${route}`, from, body: { mobile, ...more } });
    const guess = () => wrong(String(random.between(0, 999_999)).padStart(6, '0'));
    const guesses = Array.from({ length: 200 }, (_, at) =>
      ask(addresses[at % addresses.length] ?? '', 'verify-otp', { otp: guess() }),
    );
    const asked = addresses.slice(0, 2).map((from) => ask(from, 'forgot-password'));
    return {
      volleys: [
        { requests: guesses, perSecond: 50, atMost: 50 * seconds },
        { requests: asked, perSecond: 1, atMost: asked.length },
      ],
      count: async () => [
        atMost('sessions beside the owner’s', (await setup.value(SESSIONS, [id])) - 1, 0),
        atLeast('sign-ins of the owner', (await ownSignIn(setup, mobile)) === 200 ? 1 : 0, 1),
      ],
    };
  },
};

export const signIn: Scenario[] = [logins, passwordGuesses, codeGuesses];
