import type { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { buildRoom, type SignedIn } from '../support/factories.js';
import { signUp } from '../support/people.js';
import { openRoom, prompt } from '../support/rooms.js';
import { System } from '../support/system.js';

const CONFIRM = { confirm: 'delete my account' };
const ROOMS = 50_000;
const KEYS = 50_000;
const SESSIONS = 20_000;
/** Rows that one statement may delete at most. */
const PORTION = 2_000;
const TABLES = ['message', 'chatroom', 'session', 'idempotency_key'];

let system: System;
beforeAll(async () => {
  system = await System.start({ workers: 0 });
  await system.db.query('CREATE TABLE removal (name text, rows int)');
  await system.db.query(`
    CREATE FUNCTION note_removal() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO removal SELECT tg_table_name, count(*) FROM gone; RETURN NULL; END $$`);
  for (const table of TABLES)
    await system.db.query(`CREATE TRIGGER removal AFTER DELETE ON ${table} REFERENCING OLD TABLE AS gone
      FOR EACH STATEMENT EXECUTE FUNCTION note_removal()`);
});
afterAll(() => system?.stop());
beforeEach(() => system.db.query('TRUNCATE removal'));

/** @param messages how many the room has */
async function fillRoom(room: string, messages: number): Promise<void> {
  await system.db.query(
    `INSERT INTO message (id, chatroom_id, number, role, status, content, completed_at)
     SELECT gen_random_uuid(), $1, n, 'user', 'completed', 'A prompt', now() FROM generate_series(1, $2::int) n`,
    [room, messages],
  );
}

async function fillAccount(userId: string): Promise<void> {
  const inserts: [string, number][] = [
    [
      `INSERT INTO chatroom (id, user_id, title, title_is_default)
       SELECT gen_random_uuid(), $1, 'Room ' || n, false FROM generate_series(1, $2::int) n`,
      ROOMS,
    ],
    [
      `INSERT INTO idempotency_key (user_id, key, fingerprint, owner, status, body, expires_at)
       SELECT $1, 'key ' || n, '', gen_random_uuid(), 201, '{}', now() + interval '1 day' FROM generate_series(1, $2::int) n`,
      KEYS,
    ],
    [
      `INSERT INTO session (id, user_id, refresh_hash, expires_at)
       SELECT gen_random_uuid(), $1, 'hash ' || n, now() + interval '30 days' FROM generate_series(1, $2::int) n`,
      SESSIONS,
    ],
  ];
  for (const [sql, count] of inserts) await system.db.query(sql, [userId, count]);
}

/** Rows that belong to an account, and to a room of it. */
async function left(userId: string, room: string): Promise<Record<string, number>> {
  const { rows } = await system.db.query(
    `SELECT (SELECT count(*)::int FROM chatroom WHERE user_id = $1 OR id = $2) AS rooms,
            (SELECT count(*)::int FROM message WHERE chatroom_id = $2) AS messages,
            (SELECT count(*)::int FROM session WHERE user_id = $1) AS sessions,
            (SELECT count(*)::int FROM idempotency_key WHERE user_id = $1) AS keys,
            (SELECT count(*)::int FROM work_item WHERE subject_id = $1::text OR owner_id = $1) AS items`,
    [userId, room],
  );
  return rows[0];
}
const NOTHING = { rooms: 0, messages: 0, sessions: 0, keys: 0, items: 0 };

const untilPurged = (userId: string, room: string) =>
  eventually(
    'nothing of the account is left',
    async () => JSON.stringify(await left(userId, room)) === JSON.stringify(NOTHING),
    200_000,
  );

async function remove(person: Client): Promise<void> {
  const { status, text } = await person.delete('/user/me', CONFIRM);
  expect([status, text]).toEqual([204, '']);
}

describe('an account with very many rooms, sessions and keys', () => {
  let person: Client & { user: SignedIn };
  let room: string;
  beforeAll(async () => {
    person = await system.signedIn();
    await fillAccount(person.user.id);
    room = await buildRoom(system.db, person.user.id);
    await fillRoom(room, 5_000);
  }, 100_000);

  it('is gone with the answer, while its rows are still there', async () => {
    const other = await system.client().post('/auth/send-otp', { mobile: person.user.mobile });
    expect(other.status).toBe(200);
    await remove(person);
    const { rows } = await system.db.query('SELECT coalesce(sum(rows), 0)::int AS removed FROM removal');
    expect(rows[0].removed).toBe(0);
    expect((await left(person.user.id, room)).rooms).toBe(ROOMS + 1);
    for (const path of ['/user/me', '/chatroom', `/chatroom/${room}`, `/chatroom/${room}/message`])
      expect((await person.get(path)).status).toBe(401);
    expect((await person.post('/chatroom', {})).status).toBe(401);
    expect((await person.delete('/user/me', CONFIRM)).status).toBe(401);
    const code = await system.client().post('/auth/send-otp', { mobile: person.user.mobile });
    expect([code.status, code.body.code]).toEqual([404, 'auth.user_not_found']);
  });

  it('leaves its number to a new account, which has nothing of the former', async () => {
    const tokens = await signUp(system.client(), { mobile: person.user.mobile });
    expect(tokens.user.id).not.toBe(person.user.id);
    const again = system.client().as(tokens.accessToken);
    expect((await again.get('/chatroom')).body.data).toEqual([]);
    expect((await again.get(`/chatroom/${room}`)).status).toBe(404);
  });

  it('is purged by a worker, in portions', async () => {
    const worker = await system.startWorker();
    await untilPurged(person.user.id, room);
    await worker.stop();
    const { rows } = await system.db.query(
      'SELECT name, max(rows)::int AS largest, sum(rows)::int AS total FROM removal GROUP BY name ORDER BY name',
    );
    for (const { largest } of rows) expect(largest).toBeLessThanOrEqual(PORTION);
    const totals = Object.fromEntries(rows.map(({ name, total }: any) => [name, total]));
    expect(totals).toEqual({
      chatroom: ROOMS + 1,
      idempotency_key: KEYS,
      message: 5_000,
      session: SESSIONS + 1,
    });
  }, 220_000);
});

describe('the purge of an account', () => {
  it('is continued by another worker when one dies in the middle', async () => {
    const person = await system.signedIn();
    const room = await openRoom(person);
    await fillRoom(room, 9_000);
    const dying = await system.startWorker({ FAILPOINTS: 'purge.portion=kill@2' });
    await remove(person);
    expect(await dying.exited).toBe('SIGKILL');
    const { messages, rooms } = await left(person.user.id, room);
    expect([messages, rooms]).toEqual([9_000 - 2 * PORTION, 1]);
    const worker = await system.startWorker();
    await untilPurged(person.user.id, room);
    await worker.stop();
  }, 220_000);

  it('begins by itself when the API dies after the commit', async () => {
    const api = await system.startApi({ FAILPOINTS: 'account.deleted=kill@1' });
    const person = await system.signedIn({}, system.apis.indexOf(api));
    const room = await buildRoom(system.db, person.user.id);
    await expect(person.delete('/user/me', CONFIRM)).rejects.toThrow();
    expect(await left(person.user.id, room)).toMatchObject({ rooms: 1, sessions: 1, items: 1 });
    const worker = await system.startWorker();
    await untilPurged(person.user.id, room);
    await worker.stop();
  }, 220_000);

  it('is tried again until Redis does what it is asked', async () => {
    const person = await system.signedIn();
    const room = await openRoom(person);
    const index = `responses:{${person.user.id}}`;
    await system.redis.set(index, 'not what the purge expects');
    const worker = await system.startWorker();
    await remove(person);
    await eventually('an attempt has failed', async () => {
      const { rows } = await system.db.query('SELECT attempts FROM work_item WHERE subject_id = $1', [
        person.user.id,
      ]);
      return rows[0].attempts > 0;
    });
    expect((await left(person.user.id, room)).rooms).toBe(1);
    await system.redis.del(index);
    await untilPurged(person.user.id, room);
    const keys = await system.redis.keys(`*${person.user.id}*`);
    expect(keys.filter((key) => !key.startsWith('rate:'))).toEqual([]);
    await worker.stop();
  }, 220_000);
});

/** Entries with text of a reply that Redis has. */
async function published(replyId: string): Promise<number> {
  const entries = await system.redis.xrange(`{reply:${replyId}}:stream`, '-', '+');
  return entries.filter(([, fields]) => JSON.stringify(fields).includes('delta')).length;
}

it('the text of a running reply is taken out of Redis, and its listener is told', async () => {
  const worker = await system.startWorker();
  const person = await system.signedIn();
  const room = await openRoom(person);
  const reply = await prompt(person, room, 'Tell me [[hang after=2]]');
  await eventually('the reply runs', async () => {
    const { body } = await person.get(`/chatroom/${room}/message/${reply}`);
    return body.status === 'in_progress' && (await published(reply)) > 0;
  });
  const waiting = person.get(`/chatroom/${room}/message/${reply}?wait=60`);
  await remove(person);
  expect([401, 404]).toContain((await waiting).status);
  await untilPurged(person.user.id, room);
  expect(await published(reply)).toBe(0);
  await worker.stop();
}, 220_000);
