import { buildRoom } from '../../support/factories.js';
import { atMost, type Attack, type Plan, type Scenario } from '../abuse.js';
import type { AttackReport } from '../attacker/volley.js';
import { manyValues, rawRequest, type RawRequest } from '../raw-request.js';
import type { Setup } from '../setup.js';

/** Bodies of 250 kB, each of which costs 50 to 76 ms of a processor where it is parsed. */
const PER_SECOND = 50;

type Target = Pick<RawRequest, 'path' | 'token'> & { fields?: Record<string, unknown> };

/** Such bodies to these routes in turn, all from one address. */
function bodiesTo(setup: Setup, { seconds }: Plan, targets: Target[]): Attack {
  const from = setup.newAddress();
  const requests = targets.map(({ fields, ...target }) =>
    rawRequest({ ...target, method: 'POST', from, body: manyValues(fields) }),
  );
  return {
    volleys: [{ requests, perSecond: PER_SECOND, atMost: PER_SECOND * seconds }],
    count: (report) => [atMost('bodies that were not refused', notRefused(report), 0)],
  };
}

/** Answers other than 4xx. A connection that is cut while its body is still being sent is a refusal, too. */
function notRefused({ answers }: AttackReport): number {
  const others = Object.entries(answers).filter(([status]) => !/^(4\d\d|none)$/.test(status));
  return others.reduce((sum, [, count]) => sum + count, 0);
}

const anonymous: Scenario = {
  name: 'bodies',
  about: `${PER_SECOND} bodies of 83,000 values a second from one address without a token`,
  prepare: async (setup, plan) =>
    bodiesTo(setup, plan, [
      { path: '/auth/login' },
      { path: '/chatroom' },
      { path: '/auth/send-otp' },
      { path: '/user/me/identity' },
      { path: '/auth/signup' },
      { path: '/no/such/route' },
    ]),
};

const signedIn: Scenario = {
  name: 'bodies-signed-in',
  about: `${PER_SECOND} bodies of 83,000 values a second from one person`,
  async prepare(setup, plan) {
    const { id, accessToken: token } = await setup.system.user({ pro: true });
    const roomId = await buildRoom(setup.system.db, id);
    return bodiesTo(setup, plan, [
      { path: `/chatroom/${roomId}/message`, token, fields: { content: 'A prompt' } },
      { path: '/chatroom', token, fields: { title: 'A room' } },
      { path: '/auth/change-password', token },
    ]);
  },
};

const webhook: Scenario = {
  name: 'bodies-webhook',
  about: `${PER_SECOND} bodies of 83,000 values a second to the webhook, without a signature`,
  prepare: async (setup, plan) => bodiesTo(setup, plan, [{ path: '/webhook/stripe' }]),
};

/** The longest prompt there is, every character escaped: 384 kB. */
const LONGEST = `{"content":"${'\\ud83d\\ude00'.repeat(31_990)}"}`;
const UNITS = 5;

const longest: Scenario = {
  name: 'longest-prompts',
  about: '60 prompts of 384 kB a second from one Basic person, whose units are soon used up',
  async prepare(setup, { seconds }) {
    const { id, accessToken: token } = await setup.system.user();
    const roomId = await buildRoom(setup.system.db, id);
    const path = `/chatroom/${roomId}/message`;
    const request = rawRequest({ method: 'POST', path, from: setup.newAddress(), token, body: LONGEST });
    return {
      volleys: [{ requests: [request], perSecond: 60, atMost: 60 * seconds }],
      count: ({ sent, answers }) => [
        atMost('prompts accepted', answers['202'] ?? 0, UNITS),
        atMost('other answers than a refusal', sent - (answers['202'] ?? 0) - (answers['429'] ?? 0), 0),
      ],
    };
  },
};

export const bodies: Scenario[] = [anonymous, signedIn, webhook, longest];
