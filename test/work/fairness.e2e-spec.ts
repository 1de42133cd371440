import type { Call } from '../../dev/sandbox/gemini/journal.js';
import type { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import type { SignedIn } from '../support/factories.js';
import { ending, openRoom, prompt } from '../support/rooms.js';
import { System } from '../support/system.js';

const LIMIT = 4;
const ROOMS = 500;
const REPLIES_PER_ROOM = 4;
/** Milliseconds of one reply of the flood. */
const REPLY_TIME = 2_000;
const FLOOD_PROMPT = `flood [[slow chunks=10 delay=${REPLY_TIME / 10}ms]]`;

/** 2,000 replies of one person, as accepting their prompts leaves them: four rooms' heads are ready. */
async function flood(system: System, userId: string): Promise<void> {
  const room = `md5('room' || r)::uuid`;
  const id = (role: string) => `md5('${role}' || r || ' ' || n)::uuid`;
  const all = `generate_series(1, ${ROOMS}) r, generate_series(1, ${REPLIES_PER_ROOM}) n`;
  await system.db.query(
    `INSERT INTO chatroom (id, user_id, title, title_is_default, next_number, message_count)
     SELECT ${room}, $1, 'Room', false, 1 + 2 * ${REPLIES_PER_ROOM}, 2 * ${REPLIES_PER_ROOM} FROM generate_series(1, ${ROOMS}) r`,
    [userId],
  );
  await system.db.query(
    `INSERT INTO message (id, chatroom_id, number, role, status, content, completed_at)
     SELECT ${id('prompt')}, ${room}, 2 * n - 1, 'user', 'completed', r || ' ' || n || $1, now() FROM ${all}`,
    [` ${FLOOD_PROMPT}`],
  );
  await system.db.query(
    `INSERT INTO message (id, chatroom_id, number, role, status, reply_to)
     SELECT ${id('reply')}, ${room}, 2 * n, 'model', 'queued', ${id('prompt')} FROM ${all}`,
  );
  await system.db.query(
    `INSERT INTO work_item (kind, subject_id, group_key, position, owner_id, state, priority)
     SELECT 'reply', (${id('reply')})::text, (${room})::text, 2 * n, $1,
            CASE WHEN n = 1 AND r <= ${LIMIT} THEN 'ready'::work_state ELSE 'waiting' END, least(r, ${LIMIT})
     FROM ${all}`,
    [userId],
  );
}

const isFlood = ({ contents }: Call) => contents.at(-1)?.text.includes('flood') ?? false;

/** The most calls that were under way at one moment. */
function mostAtOnce(calls: readonly Call[]): number {
  const now = Date.now();
  const changes = calls.flatMap(({ startedAt, endedAt }) => [
    { at: Date.parse(startedAt), by: 1 },
    { at: endedAt ? Date.parse(endedAt) : now, by: -1 },
  ]);
  changes.sort((a, b) => a.at - b.at || a.by - b.by);
  let running = 0;
  return Math.max(...changes.map(({ by }) => (running += by)));
}

describe('one person’s 2,000 queued replies', () => {
  let system: System;
  let flooder: SignedIn;

  beforeAll(async () => {
    const env = { WORKER_CONCURRENCY: String(LIMIT), MAX_RUNNING_REPLIES_PER_USER: String(LIMIT) };
    system = await System.start({ apis: 1, workers: 1, env });
    flooder = await system.user({ pro: true });
    await flood(system, flooder.id);
    await eventually('four of the flood run', () => running() === LIMIT);
  });
  afterAll(() => system.stop());

  const running = () => system.gemini.journal.all().filter((call) => isFlood(call) && !call.endedAt).length;

  /** Another person's first prompt. @returns replies of the flood that began after it was accepted and before it began */
  async function overtaken(): Promise<{ overtaking: number; waited: number }> {
    const person = await system.signedIn();
    const room = await openRoom(person);
    const reply = await prompt(person, room, 'hello');
    const accepted = Date.now();
    await ending(person, room, reply, 20_000);
    const calls = system.gemini.journal.all();
    const own = calls.find(({ contents }) => contents.at(-1)?.text === 'hello');
    const began = Date.parse(own?.startedAt ?? '');
    system.gemini.journal.clear();
    const between = calls.filter(
      (call) => isFlood(call) && Date.parse(call.startedAt) > accepted && Date.parse(call.startedAt) < began,
    );
    return { overtaking: between.length, waited: began - accepted };
  }

  it('delay another person’s first prompt by no more than one reply, with every place taken by them', async () => {
    for (let round = 0; round < 3; round += 1) {
      await eventually('every place is taken', () => running() === LIMIT);
      const { overtaking, waited } = await overtaken();
      // Those that were taken while the job of the prompt was being added: at most one for each place.
      expect(overtaking).toBeLessThanOrEqual(LIMIT);
      expect(waited).toBeLessThan(REPLY_TIME + 2_000);
    }
  });

  it('run four at a time over three workers with twelve places, which leaves places free for others', async () => {
    await Promise.all([system.startWorker(), system.startWorker()]);
    system.gemini.journal.clear();
    await eventually(
      'some of the flood began',
      () => system.gemini.journal.all().filter(isFlood).length >= 12,
      30_000,
    );
    const { waited } = await overtaken();
    expect(waited).toBeLessThan(2_000);
    await eventually(
      'more of the flood began',
      () => system.gemini.journal.all().filter(isFlood).length >= 12,
      30_000,
    );
    expect(mostAtOnce(system.gemini.journal.all().filter(isFlood))).toBeLessThanOrEqual(LIMIT);
    const { rows } = await system.db.query(
      `SELECT count(*)::int AS admitted FROM work_item WHERE owner_id = $1 AND state <> 'waiting'`,
      [flooder.id],
    );
    expect(rows).toEqual([{ admitted: LIMIT }]);
  });
});

describe('the caps of unfinished replies', () => {
  let system: System;
  beforeAll(async () => {
    const env = {
      MAX_RUNNING_REPLIES_PER_USER: String(LIMIT),
      MAX_UNFINISHED_REPLIES_PER_USER: '50',
      MAX_UNFINISHED_REPLIES_PER_ROOM: '20',
    };
    system = await System.start({ apis: 2, workers: 0, env });
  });
  afterAll(() => system.stop());

  /** Sends so many prompts at once through both API processes, over some rooms. */
  async function burst(prompts: number, rooms: number, accepted: number): Promise<void> {
    const person: Client & { user: SignedIn } = await system.signedIn({ pro: true });
    const ids = await Promise.all(Array.from({ length: rooms }, () => openRoom(person)));
    const clients = [0, 1].map((api) => system.client(api).as(person.user.accessToken));
    const send = (n: number) =>
      (clients[n % 2] as Client).post(`/chatroom/${ids[n % rooms]}/message`, { content: `prompt ${n}` });
    const answers = await Promise.all(Array.from({ length: prompts }, (_, n) => send(n)));
    const refused = answers.filter(({ status }) => status !== 202);
    expect(answers.length - refused.length).toBe(accepted);
    for (const { status, body, headers } of refused) {
      expect([status, body.code]).toEqual([429, 'queue.full']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const { rows } = await system.db.query(
      `SELECT (SELECT sum(used)::int FROM quota_usage WHERE user_id = $1) AS charged,
              (SELECT count(*)::int FROM message m JOIN chatroom c ON c.id = m.chatroom_id WHERE c.user_id = $1) AS messages,
              (SELECT count(*)::int FROM work_item WHERE owner_id = $1) AS items,
              (SELECT count(*)::int FROM work_item WHERE owner_id = $1 AND state = 'ready') AS ready`,
      [person.user.id],
    );
    const ready = Math.min(LIMIT, rooms);
    expect(rows).toEqual([{ charged: accepted, messages: 2 * accepted, items: accepted, ready }]);
  }

  it('accept exactly 50 of 60 prompts at once over 12 rooms, and charge the accepted ones alone', () =>
    burst(60, 12, 50));

  it('accept exactly 20 of 30 prompts at once in one room, and charge the accepted ones alone', () =>
    burst(30, 1, 20));
});
