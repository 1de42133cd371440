import { randomUUID } from 'node:crypto';
import type { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { buildRoom, type SignedIn } from '../support/factories.js';
import { ending, openRoom, send } from '../support/rooms.js';
import { System } from '../support/system.js';

/** Keys that are kept for one person. */
const MAX_KEYS = 10_000;

let system: System;
let person: Client & { user: SignedIn };
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system?.stop());
beforeEach(async () => {
  person = await system.signedIn();
});

const keyed = (key: string) => ({ headers: { 'Idempotency-Key': key } });

/** The tables and the keys of Redis in which a text stands. */
async function placesOf(text: string): Promise<string[]> {
  const { rows: tables } = await system.db.query(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
  );
  const places: string[] = [];
  for (const { name } of tables) {
    const { rows } = await system.db.query(`SELECT FROM "${name}" t WHERE strpos(t::text, $1) > 0`, [text]);
    if (rows.length > 0) places.push(name);
  }
  for (const key of await system.redis.keys('*')) {
    const value = await contentOf(key);
    if (key.includes(text) || value.includes(text)) places.push(key);
  }
  return places;
}

async function contentOf(key: string): Promise<string> {
  const type = await system.redis.type(key);
  if (type === 'string') return (await system.redis.get(key)) ?? '';
  if (type === 'stream') return JSON.stringify(await system.redis.xrange(key, '-', '+'));
  if (type === 'zset') return JSON.stringify(await system.redis.zrange(key, '0', '-1'));
  return '';
}

describe('a deleted room', () => {
  it('leaves nothing of its texts, in stored responses and in Redis neither', async () => {
    const [title, secret, said] = [randomUUID(), randomUUID(), randomUUID()];
    const room = (await person.post('/chatroom', { title, systemInstruction: title }, keyed('room'))).body.id;
    const accepted = await send(person, room, `${secret} [[say ${said}]]`, keyed('prompt').headers);
    expect((await ending(person, room, accepted.body.reply.id)).content).toBe(said);
    await person.get('/chatroom');
    await eventually('the list is cached', async () => (await placesOf(title)).length >= 3);
    expect((await placesOf(secret)).sort()).toEqual(['idempotency_key', 'message']);
    expect(await placesOf(said)).toContain('message');
    // The stream has the text in pieces.
    const stream = `{reply:${accepted.body.reply.id}}:stream`;
    expect(await system.redis.exists(stream)).toBe(1);
    expect((await person.delete(`/chatroom/${room}`)).status).toBe(204);
    for (const text of [title, secret, said])
      await eventually(`${text} is nowhere`, async () => (await placesOf(text)).length === 0, 60_000);
    await eventually('the stream is gone', async () => (await system.redis.exists(stream)) === 0, 60_000);
  });

  it('is answered with 404 under its keys, and is not made again', async () => {
    const room = (await person.post('/chatroom', { title: 'Once' }, keyed('room'))).body.id;
    await send(person, room, 'Hello', keyed('prompt').headers);
    await person.delete(`/chatroom/${room}`);
    await eventually(
      'its responses are purged',
      async () => {
        const { rows } = await system.db.query('SELECT body FROM idempotency_key WHERE user_id = $1', [
          person.user.id,
        ]);
        return rows.length === 2 && rows.every(({ body }) => body === null);
      },
      60_000,
    );
    for (const answer of [
      await person.post('/chatroom', { title: 'Once' }, keyed('room')),
      await send(person, room, 'Hello', keyed('prompt').headers),
    ])
      expect(answer).toMatchObject({ status: 404, body: { code: 'chatroom.not_found' } });
    expect((await person.get('/chatroom')).body.data).toEqual([]);
  });

  it('takes nothing of another room', async () => {
    const [deleted, kept] = [await openRoom(person), await openRoom(person)];
    await send(person, deleted, 'Hello', keyed('first').headers);
    const first = await send(person, kept, 'Hello', keyed('second').headers);
    await person.delete(`/chatroom/${deleted}`);
    await eventually(
      'the room is purged',
      async () => {
        const { rows } = await system.db.query('SELECT FROM chatroom WHERE id = $1', [deleted]);
        return rows.length === 0;
      },
      60_000,
    );
    const again = await send(person, kept, 'Hello', keyed('second').headers);
    expect([again.status, again.text, again.headers.get('idempotency-replayed')]).toEqual([
      202,
      first.text,
      'true',
    ]);
  });
});

describe('the keys of one person', () => {
  const fill = (count: number) =>
    system.db.query(
      `INSERT INTO idempotency_key (user_id, key, fingerprint, owner, status, body, expires_at)
       SELECT $1, 'old ' || n, '', gen_random_uuid(), 201, '{}', now() + interval '1 day' FROM generate_series(1, $2::int) n`,
      [person.user.id, count],
    );

  it.each([MAX_KEYS, 400_000])(
    'are limited, and %i of them break nothing',
    async (count) => {
      const room = await buildRoom(system.db, person.user.id);
      const first = await send(person, room, 'Hello', keyed('kept').headers);
      await fill(count);
      const refused = await send(person, room, 'Hello', keyed('new').headers);
      expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limit.exceeded' } });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      const replayed = await send(person, room, 'Hello', keyed('kept').headers);
      expect([replayed.status, replayed.text]).toEqual([202, first.text]);
      expect((await send(person, room, 'Hello')).status).toBe(202);
      const friend = await system.signedIn();
      expect((await friend.post('/chatroom', {}, keyed('new'))).status).toBe(201);
    },
    60_000,
  );

  it('are accepted up to the limit', async () => {
    await fill(MAX_KEYS - 1);
    expect((await person.post('/chatroom', {}, keyed('last'))).status).toBe(201);
    expect((await person.post('/chatroom', {}, keyed('one-more'))).status).toBe(429);
  });
});
