import type { Client } from '../support/client.js';
import {
  fromMessageCursor,
  fromRoomCursor,
  toMessageCursor,
  toRoomCursor,
} from '../../src/chatroom/message/cursor.js';
import { eventually } from '../support/eventually.js';
import { buildRoom, type SignedIn } from '../support/factories.js';
import { System } from '../support/system.js';

const MESSAGES = 1_000_000;
const ROOMS = 100_000;
const LIMIT = 20;
/** Requests a measurement: what PostgreSQL counts, it counts in lumps. */
const TIMES = 20;

let system: System;
let ann: Client & { user: SignedIn };
let room: string;

beforeAll(async () => {
  // One connection, so that one more request makes PostgreSQL count what came before it.
  system = await System.start({ workers: 0, env: { DATABASE_POOL_SIZE: '1' } });
  ann = await system.signedIn();
  room = await buildRoom(system.db, ann.user.id);
  const client = await system.db.connect();
  try {
    // Without the checks of foreign keys, which this data does not need and which would take minutes.
    await client.query('SET session_replication_role = replica');
    await client.query(
      `INSERT INTO message (id, chatroom_id, number, reply_to, role, status, content, completed_at)
       SELECT gen_random_uuid(), $1, n, CASE WHEN n % 2 = 0 THEN gen_random_uuid() END,
               (CASE WHEN n % 2 = 1 THEN 'user' ELSE 'model' END)::message_role, 'completed', 'Message ' || n, now()
       FROM generate_series(1, $2::int) n`,
      [room, MESSAGES],
    );
    await client.query(
      `INSERT INTO chatroom (id, user_id, title, title_is_default, activity_at)
       SELECT gen_random_uuid(), $1, 'Room ' || n, false, '2020-01-01'::timestamptz + n * interval '1 second'
       FROM generate_series(1, $2::int) n`,
      [ann.user.id, ROOMS],
    );
    await client.query('SET session_replication_role = DEFAULT');
    await client.query('ANALYZE message, chatroom');
  } finally {
    client.release();
  }
}, 180_000);
afterAll(() => system?.stop());

interface Counters {
  scans: number;
  rows: number;
}

async function counters(): Promise<Counters> {
  const { rows } = await system.db.query(
    `SELECT pg_stat_clear_snapshot(), sum(idx_scan + seq_scan)::int AS scans, sum(idx_tup_fetch + seq_tup_read)::bigint AS rows
     FROM pg_stat_user_tables WHERE relname IN ('message', 'chatroom', 'session', 'app_user')`,
  );
  return { scans: Number(rows[0].scans), rows: Number(rows[0].rows) };
}

/** The counters with all that was done: a backend reports at the end of a statement, when its last report is a second old. */
async function settled(): Promise<Counters> {
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const before = await counters();
  await ann.get('/user/me');
  return eventually('counted', async () => {
    const now = await counters();
    return now.scans > before.scans && now;
  });
}

/** Scans and rows a request, as PostgreSQL counted them for the whole of it: guard, room and page. */
async function cost(path: string): Promise<Counters> {
  const before = await settled();
  for (let i = 0; i < TIMES; i++) expect((await ann.get(path)).status).toBe(200);
  const after = await settled();
  return { scans: (after.scans - before.scans) / TIMES, rows: (after.rows - before.rows) / TIMES };
}

function expectFlat(costs: Counters[]): void {
  console.log(costs.map(({ scans, rows }) => `${scans} scans, ${rows} rows`));
  for (const key of ['scans', 'rows'] as const) {
    const values = costs.map((each) => each[key]);
    expect(Math.max(...values) / Math.min(...values)).toBeLessThan(1.5);
  }
  for (const { rows } of costs) {
    expect(rows).toBeGreaterThan(LIMIT);
    expect(rows).toBeLessThan(2 * LIMIT);
  }
}

it('the first, middle and last page of 1,000,000 messages cost the same', async () => {
  const at = (before: number) => `/chatroom/${room}/message?limit=${LIMIT}&cursor=${toMessageCursor(before)}`;
  const places = [`/chatroom/${room}/message?limit=${LIMIT}`, at(MESSAGES / 2), at(LIMIT + 1)];
  const numbers: number[][] = [];
  for (const place of places) {
    const { body } = await ann.get(place);
    numbers.push(body.data.map(({ content }: any) => Number(content.split(' ')[1])));
    expect(body.nextCursor === null).toBe(place === places[2]);
    if (body.nextCursor) expect(fromMessageCursor(body.nextCursor)).toBe(numbers.at(-1)?.[0]);
  }
  const upTo = (last: number) => Array.from({ length: LIMIT }, (_, i) => last - LIMIT + 1 + i);
  expect(numbers).toEqual([upTo(MESSAGES), upTo(MESSAGES / 2 - 1), upTo(LIMIT)]);
  const costs: Counters[] = [];
  for (const place of places) costs.push(await cost(place));
  expectFlat(costs);
}, 180_000);

it('so do those of 100,000 rooms', async () => {
  const find = async (title: string) => {
    const { rows } = await system.db.query(
      'SELECT id, activity_at AS "activityAt" FROM chatroom WHERE user_id = $1 AND title = $2',
      [ann.user.id, title],
    );
    return rows[0];
  };
  const at = async (n: number) => `/chatroom?limit=${LIMIT}&cursor=${toRoomCursor(await find(`Room ${n}`))}`;
  // The very first page comes from the cache: here the one after it stands for it.
  const places = [await at(ROOMS), await at(ROOMS / 2), await at(LIMIT + 1)];
  for (const [index, place] of places.entries()) {
    const { body } = await ann.get(place);
    const first = [ROOMS, ROOMS / 2, LIMIT + 1][index] ?? 0;
    expect(body.data.map(({ title }: any) => title)).toEqual(
      Array.from({ length: LIMIT }, (_, i) => `Room ${first - 1 - i}`),
    );
    if (body.nextCursor) expect(fromRoomCursor(body.nextCursor).id).toBe(body.data.at(-1).id);
  }
  const costs: Counters[] = [];
  for (const place of places) costs.push(await cost(place));
  expectFlat(costs);
}, 180_000);
