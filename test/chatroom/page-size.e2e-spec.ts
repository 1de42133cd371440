import pg from 'pg';
import { MESSAGES_BEFORE } from '../../src/chatroom/message/message.sql.js';
import { PAGE_BYTES } from '../../src/common/http/json-page.js';
import type { Answer, Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { buildRoom, type SignedIn } from '../support/factories.js';
import { System } from '../support/system.js';

const ROOMS = 100;
const MESSAGES = 100;
/** The longest prompt that is accepted, in its longest form: 128,000 bytes. */
const LONGEST = '😀'.repeat(32_000);

let system: System;
let ann: Client & { user: SignedIn };
beforeAll(async () => {
  system = await System.start({ workers: 0 });
  ann = await system.signedIn();
});
afterAll(() => system?.stop());

const bytes = ({ text }: Answer) => Buffer.byteLength(text);

describe('a page of rooms', () => {
  beforeAll(() =>
    system.db.query(
      `INSERT INTO chatroom (id, user_id, title, title_is_default, system_instruction)
       SELECT gen_random_uuid(), $1, repeat('😀', 200), false, repeat('😀', 8000) FROM generate_series(1, $2::int)`,
      [ann.user.id, ROOMS],
    ),
  );

  it('has no instructions, in the cache neither', async () => {
    const first = await ann.get(`/chatroom?limit=${ROOMS}`);
    expect(first.body.data).toHaveLength(ROOMS);
    for (const room of first.body.data) expect(room).not.toHaveProperty('systemInstruction');
    const cached = await eventually('the cached page', async () => {
      const again = await ann.get(`/chatroom?limit=${ROOMS}`);
      return again.headers.get('x-cache') === 'HIT' && again;
    });
    expect(cached.text).toBe(first.text);
    expect(bytes(first)).toBeLessThan(PAGE_BYTES / 4);
  });

  it('leaves the instruction to the room', async () => {
    const { id } = (await ann.get('/chatroom?limit=1')).body.data[0];
    expect((await ann.get(`/chatroom/${id}`)).body.systemInstruction).toHaveLength(16_000);
  });
});

describe('a page of long messages', () => {
  let room: string;
  beforeAll(async () => {
    room = await buildRoom(system.db, ann.user.id);
    await system.db.query(
      `INSERT INTO message (id, chatroom_id, number, role, status, content, completed_at)
       SELECT gen_random_uuid(), $1, n, 'user', 'completed', n || ' ' || $3, now() FROM generate_series(1, $2::int) n`,
      [room, MESSAGES, LONGEST],
    );
    await system.db.query('UPDATE chatroom SET system_instruction = $2 WHERE id = $1', [
      room,
      '😀'.repeat(8_000),
    ]);
  });

  const numbers = (messages: any[]) => messages.map(({ content }) => parseInt(content, 10));

  it('ends with its cursor before it has a mebibyte, and no message is left out', async () => {
    const first = await ann.get(`/chatroom/${room}?limit=100`);
    expect(bytes(first)).toBeLessThanOrEqual(PAGE_BYTES);
    const seen = [numbers(first.body.messages.data)];
    let cursor: string | null = first.body.messages.nextCursor;
    while (cursor !== null) {
      const page: Answer = await ann.get(`/chatroom/${room}/message?limit=100&cursor=${cursor}`);
      expect(page.status).toBe(200);
      expect(bytes(page)).toBeLessThanOrEqual(PAGE_BYTES);
      seen.unshift(numbers(page.body.data));
      cursor = page.body.nextCursor;
    }
    expect(seen.length).toBeLessThanOrEqual(MESSAGES / 7 + 1);
    expect(seen.flat()).toEqual(Array.from({ length: MESSAGES }, (_, index) => index + 1));
  });

  it('is not read whole from PostgreSQL', async () => {
    const client = new pg.Client(system.env.DATABASE_URL);
    await client.connect();
    const { rows } = await client.query(MESSAGES_BEFORE.text, [room, 1_000, 101, PAGE_BYTES]);
    await client.end();
    expect(rows.length).toBe(Math.ceil(PAGE_BYTES / Buffer.byteLength(LONGEST)));
    expect(rows[0].found).toBe(MESSAGES);
  });

  it('has one message at least', async () => {
    const huge = await buildRoom(system.db, ann.user.id);
    await system.db.query(
      `INSERT INTO message (id, chatroom_id, number, role, status, content, completed_at)
       SELECT gen_random_uuid(), $1, n, 'user', 'completed', n || ' ' || repeat('x', 2000000), now() FROM generate_series(1, 2) n`,
      [huge],
    );
    const { body } = await ann.get(`/chatroom/${huge}/message`);
    expect(numbers(body.data)).toEqual([2]);
    const older = await ann.get(`/chatroom/${huge}/message?cursor=${body.nextCursor}`);
    expect([numbers(older.body.data), older.body.nextCursor]).toEqual([[1], null]);
  });
});
