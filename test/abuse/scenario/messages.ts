import { atMost, type Scenario } from '../abuse.js';
import { rawRequest } from '../raw-request.js';
import type { Setup } from '../setup.js';

/** Numbers that can be sent a code, and that nobody has. */
function numbers(setup: Setup, count: number): string[] {
  const first = 9_000_000_000 + 1_000_000 * (setup.newAddress().length + 1);
  return Array.from({ length: count }, (_, at) => `+91${first + at}`);
}

/** Numbers whose owner is paid for each message: premium rate, satellite, shared cost. */
const COSTLY = [
  '+8821612345678',
  '+870773123456',
  '+447012345678',
  '+19002345678',
  '+979123456789',
  '+80812345678',
];
/** New numbers or addresses of one account, and codes for one of them in an hour. */
const PER_ACCOUNT = 5;
const PER_NUMBER = 5;

const codeFlood: Scenario = {
  name: 'code-flood',
  about: 'codes to 250 numbers for one account; 40 addresses that make one person’s number ring',
  async prepare(setup, { seconds }) {
    const { accessToken: token } = await setup.system.user();
    const victim = await setup.system.user();
    const targets = [...numbers(setup, 250), ...COSTLY];
    const addresses = setup.newAddresses(40);
    const add = targets.map((mobile, at) =>
      rawRequest({
        method: 'POST',
        path: '/user/me/identity',
        from: addresses[at % addresses.length] ?? '',
        token,
        body: { mobile },
      }),
    );
    const ring = addresses.flatMap((from) =>
      ['send-otp', 'forgot-password'].map((route) =>
        rawRequest({ method: 'POST', path: `/auth/${route}`, from, body: { mobile: victim.mobile } }),
      ),
    );
    return {
      volleys: [
        { requests: add, perSecond: 40, atMost: Math.min(targets.length, 40 * seconds) },
        { requests: ring, perSecond: 20, atMost: Math.min(ring.length, 20 * seconds) },
      ],
      count: () => [
        atMost('messages to new numbers', setup.messagesTo(targets).length, PER_ACCOUNT),
        atMost('messages to one person’s number', setup.messagesTo([victim.mobile]).length, PER_NUMBER),
        atMost('messages to numbers that cost', setup.messagesTo(COSTLY).length, 0),
      ],
    };
  },
};

const takenProbes: Scenario = {
  name: 'taken-probes',
  about: 'one account asks for 250 numbers whether they have an account',
  async prepare(setup, { seconds }) {
    const { accessToken: token } = await setup.system.user();
    const owners = await setup.people(250);
    const from = setup.newAddress();
    const requests = owners.map(({ mobile }) =>
      rawRequest({ method: 'POST', path: '/user/me/identity', from, token, body: { mobile } }),
    );
    return {
      volleys: [{ requests, perSecond: 50, atMost: Math.min(requests.length, 50 * seconds) }],
      count: ({ answers }) => [
        atMost('answers that a number is taken', answers['409'] ?? 0, 0),
        atMost(
          'messages to the owners',
          setup.messagesTo(owners.map(({ mobile }) => mobile)).length,
          PER_ACCOUNT,
        ),
      ],
    };
  },
};

export const messages: Scenario[] = [codeFlood, takenProbes];
