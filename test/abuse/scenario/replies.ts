import { setTimeout as wait } from 'node:timers/promises';
import { buildRoom, type SignedIn } from '../../support/factories.js';
import { atLeast, atMost, type Scenario } from '../abuse.js';
import { rawRequest } from '../raw-request.js';
import type { Setup } from '../setup.js';

/** Failures that a prompt can provoke: text and then a call that was not declared, a malformed one, nothing but cost. */
const PROVOKED = [
  '[[finish UNEXPECTED_TOOL_CALL after=2]]',
  '[[finish MALFORMED_FUNCTION_CALL after=2]]',
  '[[max-tokens after=0]] [[thoughts 3]]',
  '[[safety after=1]]',
];
/** Prompts of a Basic day. */
const DAY = 5;
const USED = 'SELECT coalesce(sum(used), 0) FROM quota_usage WHERE user_id = $1';

async function roomsOf(setup: Setup, person: SignedIn, count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, () => buildRoom(setup.system.db, person.id)));
}

const provoked: Scenario = {
  name: 'provoked-failures',
  about: 'one Basic person sends prompts that make Gemini fail, 20 a second',
  async prepare(setup, { seconds, random }) {
    const person = await setup.system.user();
    const rooms = await roomsOf(setup, person, 20);
    const [from, token] = [setup.newAddress(), person.accessToken];
    const word = `provocation ${random.between(1, 1e9)}`;
    const requests = rooms.map((roomId, at) =>
      rawRequest({
        method: 'POST',
        path: `/chatroom/${roomId}/message`,
        from,
        token,
        body: { content: `${word}, ${at}: ${PROVOKED[at % PROVOKED.length]}` },
      }),
    );
    return {
      volleys: [{ requests, perSecond: 20, atMost: 20 * seconds }],
      count: async ({ answers }) => {
        const accepted = answers['202'] ?? 0;
        return [
          atMost('prompts accepted', accepted, DAY),
          atMost('calls to Gemini beyond one a prompt', setup.geminiCalls(word) - accepted, 0),
          atMost('units given back', accepted - (await setup.value(USED, [person.id])), 0),
        ];
      },
    };
  },
};

const backlog: Scenario = {
  name: 'backlog',
  about: 'one Pro person has 50 slow replies unfinished in 10 rooms, and sends more',
  async prepare(setup, { seconds }) {
    const person = await setup.system.user({ pro: true });
    const rooms = await roomsOf(setup, person, 10);
    const [from, token] = [setup.newAddress(), person.accessToken];
    const requests = Array.from({ length: 100 }, (_, at) =>
      rawRequest({
        method: 'POST',
        path: `/chatroom/${rooms[at % rooms.length]}/message`,
        from,
        token,
        body: { content: `Number ${at} [[slow chunks=10 delay=50ms]]` },
      }),
    );
    const most =
      "SELECT count(*) FROM work_item WHERE kind = 'reply' AND owner_id = $1 AND state IN ('ready', 'running')";
    let admitted = 0;
    return {
      volleys: [{ requests, perSecond: 50, atMost: Math.min(290, 50 * seconds) }],
      meanwhile: async () => {
        const end = performance.now() + 1_000 * seconds;
        while (performance.now() < end) {
          admitted = Math.max(admitted, await setup.value(most, [person.id]));
          await wait(100);
        }
      },
      count: () => [
        atLeast('replies of the person that are admitted at once', admitted, 1),
        atMost('replies of the person that are admitted at once', admitted, 4),
      ],
    };
  },
};

const streams: Scenario = {
  name: 'streams-left',
  about: 'one person opens 250 streams of a running reply, and reads none of them',
  async prepare(setup, { seconds }) {
    const client = await setup.system.signedIn({ pro: true });
    const roomId = await buildRoom(setup.system.db, client.user.id);
    // It runs from the first idle turn to the end of the attack, and a little longer.
    const content = `Slowly [[slow chunks=${Math.ceil(25 * seconds) + 50} delay=100ms]]`;
    const { body } = await client.post(`/chatroom/${roomId}/message`, { content });
    const path = `/chatroom/${roomId}/message/${body.reply.id}/stream`;
    const requests = [rawRequest({ path, from: setup.newAddress(), token: client.user.accessToken })];
    return {
      volleys: [{ requests, lanes: 250, atMost: 250, left: true }],
      count: ({ answers }) => [atMost('streams that failed', answers['500'] ?? 0, 0)],
    };
  },
};

export const replies: Scenario[] = [provoked, backlog, streams];
