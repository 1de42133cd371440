import { v7 as uuidv7 } from 'uuid';
import type { SignedIn } from '../../support/factories.js';
import { atMost, type Scenario } from '../abuse.js';
import type { AttackReport } from '../attacker/volley.js';
import { rawRequest } from '../raw-request.js';
import type { Setup } from '../setup.js';

/** Rooms and messages: as many as a page may have. */
const PAGE = 100;
/** A character that JSON writes with six. */
const LONG = '\u0001';
/** Bytes of a page, and of what an answer has beside it. */
const LARGEST = 1.1 * 1024 * 1024;

/** Somebody with a hundred rooms with instructions, and a room of a hundred messages, all as long as they may be. */
async function collector(setup: Setup): Promise<{ person: SignedIn; roomId: string }> {
  const person = await setup.system.user({ pro: true });
  const ids = Array.from({ length: PAGE }, () => uuidv7());
  const { db } = setup.system;
  await db.query(
    `INSERT INTO chatroom (id, user_id, title, title_is_default, system_instruction, next_number, message_count)
     SELECT id, $2, 'Room', false, repeat($3, 8000), $4, $4 - 1 FROM unnest($1::uuid[]) id`,
    [ids, person.id, LONG, PAGE + 1],
  );
  const roomId = ids[0] ?? '';
  const messages = Array.from({ length: PAGE }, () => uuidv7());
  await db.query(
    `INSERT INTO message (id, chatroom_id, number, role, status, content, completed_at)
     SELECT id, $2, n, 'user', 'completed', repeat($3, 32000), now() FROM unnest($1::uuid[]) WITH ORDINALITY AS m (id, n)`,
    [messages, roomId, LONG],
  );
  return { person, roomId };
}

const long: Scenario = {
  name: 'long-pages',
  about: 'five pages a second of 100 rooms with instructions and of 100 long messages',
  async prepare(setup, { seconds }) {
    const { person, roomId } = await collector(setup);
    const [from, token] = [setup.newAddress(), person.accessToken];
    const paths = [
      `/chatroom?limit=${PAGE}`,
      `/chatroom?limit=${PAGE}&q=room`,
      `/chatroom/${roomId}/message?limit=${PAGE}`,
      `/chatroom/${roomId}?limit=${PAGE}`,
    ];
    const requests = paths.map((path) => rawRequest({ path, from, token }));
    return {
      volleys: [{ requests, perSecond: 5, atMost: 5 * seconds }],
      count: (report) => [
        atMost('bytes of the largest page', report.largest, LARGEST),
        atMost('pages that failed', failed(report), 0),
      ],
    };
  },
};

const parallel: Scenario = {
  name: 'parallel',
  about: 'one person asks for pages of rooms and messages, 60 at a time',
  async prepare(setup) {
    const { person, roomId } = await collector(setup);
    const [from, token] = [setup.newAddress(), person.accessToken];
    const paths = [`/chatroom?limit=${PAGE}&q=oo`, `/chatroom/${roomId}/message?limit=${PAGE}`];
    const requests = paths.map((path) => rawRequest({ path, from, token }));
    return {
      // No more than the person may ask in a minute: what comes after that is refused, and another scenario.
      volleys: [{ requests, lanes: 60, atMost: 290 }],
      count: (report) => [atMost('pages that failed', failed(report), 0)],
    };
  },
};

const documents: Scenario = {
  name: 'documents',
  about: '60 requests a second from one address for what is public: the OpenAPI document, Swagger UI',
  async prepare(setup, { seconds }) {
    const from = setup.newAddress();
    const paths = [
      '/docs-yaml',
      '/docs-json',
      '/docs',
      '/docs/swagger-ui-init.js',
      '/docs/swagger-ui-bundle.js',
    ];
    const requests = paths.map((path) => rawRequest({ path, from }));
    return {
      volleys: [{ requests, perSecond: 60, atMost: Math.min(290, 60 * seconds) }],
      count: (report) => [atMost('pages that failed', failed(report), 0)],
    };
  },
};

/** Answers other than a page and a refusal. */
function failed({ answers }: AttackReport): number {
  const others = Object.entries(answers).filter(([status]) => status !== '200' && status !== '429');
  return others.reduce((sum, [, count]) => sum + count, 0);
}

export const pages: Scenario[] = [long, parallel, documents];
