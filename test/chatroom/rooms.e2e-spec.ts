import { randomUUID } from 'node:crypto';
import type { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import type { SignedIn } from '../support/factories.js';
import { System } from '../support/system.js';

let system: System;
let ann: Client & { user: SignedIn };

beforeAll(async () => {
  system = await System.start({ apis: 2, workers: 0 });
}, 60_000);
afterAll(() => system?.stop());
beforeEach(async () => {
  ann = await system.signedIn();
});

const titles = (body: any): string[] => body.data.map((room: any) => room.title);

async function open(client: Client, body: object = {}) {
  const answer = await client.post('/chatroom', body);
  expect(answer).toMatchObject({ status: 201 });
  return answer.body;
}

describe('a chatroom', () => {
  it('is opened, shown, changed and removed', async () => {
    const room = await open(ann);
    expect(room).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{14}7/),
      title: 'New chat',
      systemInstruction: null,
      model: null,
      messageCount: 0,
      lastMessageAt: null,
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: expect.stringMatching(/Z$/),
    });
    const shown = await ann.get(`/chatroom/${room.id}`);
    expect(shown.body).toEqual({
      ...room,
      messages: { data: [], nextCursor: null },
    });
    expect(shown.headers.get('cache-control')).toBe('no-store');
    const changed = await ann.patch(`/chatroom/${room.id}`, {
      title: 'Paris',
      systemInstruction: 'Be brief',
      model: 'gemini-3.5-flash-lite',
    });
    expect(changed).toMatchObject({
      status: 200,
      body: {
        title: 'Paris',
        systemInstruction: 'Be brief',
        model: 'gemini-3.5-flash-lite',
      },
    });
    const again = await ann.patch(`/chatroom/${room.id}`, {
      systemInstruction: null,
    });
    expect(again.body).toMatchObject({
      title: 'Paris',
      systemInstruction: null,
      model: 'gemini-3.5-flash-lite',
    });
    expect(await ann.delete(`/chatroom/${room.id}`)).toMatchObject({
      status: 204,
      text: '',
    });
    expect(await ann.get(`/chatroom/${room.id}`)).toMatchObject({
      status: 404,
      body: { code: 'chatroom.not_found' },
    });
  });

  it('belongs to one person: for others it is missing', async () => {
    const { id } = await open(ann, { title: 'Private' });
    const bob = await system.signedIn();
    const missing = randomUUID();
    for (const path of [id, missing, 'abc', '1', '%F0%9F%98%80', `${id}x`]) {
      for (const answer of [
        await bob.get(`/chatroom/${path}`),
        await bob.patch(`/chatroom/${path}`, { title: 'Mine' }),
        await bob.delete(`/chatroom/${path}`),
        await bob.get(`/chatroom/${path}/message`),
        await bob.get(`/chatroom/${path}/message/${missing}`),
      ]) {
        expect(answer).toMatchObject({
          status: 404,
          body: { code: 'chatroom.not_found', status: 404 },
        });
      }
    }
    expect((await ann.get(`/chatroom/${id}`)).body.title).toBe('Private');
    expect(await ann.get(`/chatroom/${id}/message/${missing}`)).toMatchObject({
      status: 404,
      body: { code: 'message.not_found' },
    });
  });

  it.each([
    [{ title: '' }, 'title'],
    [{ title: '  \n' }, 'title'],
    [{ title: null }, 'title'],
    [{ title: 7 }, 'title'],
    [{ title: 'x'.repeat(201) }, 'title'],
    [{ title: 'a\0b' }, 'title'],
    [{ title: '\ud800' }, 'title'],
    [{ systemInstruction: 'x'.repeat(8001) }, 'systemInstruction'],
    [{ systemInstruction: {} }, 'systemInstruction'],
    [{ model: 'gpt-4' }, 'model'],
    [{ model: ['gemini-3.8-flash'] }, 'model'],
    [{ owner: 'me' }, 'owner'],
  ])('%j is refused, naming the field', async (body, field) => {
    const { id } = await open(ann);
    for (const answer of [await ann.post('/chatroom', body), await ann.patch(`/chatroom/${id}`, body)]) {
      expect(answer).toMatchObject({
        status: 400,
        body: { code: 'validation.failed' },
      });
      expect(answer.body.errors[0].field).toBe(field);
    }
  });

  it('counts characters, not code units, and keeps them as they came', async () => {
    const title = '😀'.repeat(199) + ' ';
    expect((await open(ann, { title })).title).toBe(title);
  });

  it('needs a session', async () => {
    expect((await system.client().get('/chatroom')).status).toBe(401);
    expect((await system.client().post('/chatroom', {})).status).toBe(401);
  });
});

describe('an idempotency key', () => {
  it('answers the first room again, byte for byte', async () => {
    const headers = { 'Idempotency-Key': 'key-1' };
    const first = await ann.post('/chatroom', { title: 'Once' }, { headers });
    const second = await ann.post('/chatroom', { title: 'Once' }, { headers });
    expect(first.status).toBe(201);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second.status).toBe(201);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.text).toBe(first.text);
    expect((await ann.get('/chatroom')).body.data).toHaveLength(1);
    expect(await ann.post('/chatroom', { title: 'Twice' }, { headers })).toMatchObject({
      status: 422,
      body: { code: 'idempotency.key_reused' },
    });
    const bob = await system.signedIn();
    expect((await bob.post('/chatroom', { title: 'Twice' }, { headers })).status).toBe(201);
  });

  it('opens one room for twenty requests at once', async () => {
    const headers = { 'Idempotency-Key': 'at-once' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ann.post('/chatroom', { title: 'One' }, { headers })),
    );
    const statuses = new Set(answers.map(({ status }) => status));
    expect(statuses.has(201)).toBe(true);
    statuses.delete(201);
    statuses.delete(409);
    expect([...statuses]).toEqual([]);
    expect((await ann.get('/chatroom')).body.data).toHaveLength(1);
  });

  it('is free again after a refusal', async () => {
    const headers = { 'Idempotency-Key': 'refused' };
    expect((await ann.post('/chatroom', { model: 'no' }, { headers })).status).toBe(400);
    expect((await ann.post('/chatroom', { model: null }, { headers })).status).toBe(201);
  });
});

describe('the list', () => {
  it('pages by a cursor, newest activity first, each room once', async () => {
    for (let i = 0; i < 7; i++) await open(ann, { title: `Room ${i}` });
    // three of the same instant: only the id tells them apart
    await system.db.query(
      `UPDATE chatroom SET activity_at = '2026-01-01' WHERE user_id = $1 AND title IN ('Room 1', 'Room 3', 'Room 5')`,
      [ann.user.id],
    );
    const seen: string[] = [];
    let cursor: string | null = '';
    let pages = 0;
    while (cursor !== null) {
      const { body }: any = await ann.get(`/chatroom?limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...titles(body));
      cursor = body.nextCursor;
      pages++;
    }
    expect(pages).toBe(3);
    expect(seen).toEqual(['Room 6', 'Room 4', 'Room 2', 'Room 0', 'Room 5', 'Room 3', 'Room 1']);
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=1.5',
    'limit=x',
    'limit=',
    'cursor=',
    'cursor=!!',
    'cursor=bTE',
    'page=2',
  ])('?%s is refused', async (query) => {
    expect(await ann.get(`/chatroom?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'validation.failed' },
    });
  });

  it('finds words in titles as they are', async () => {
    for (const title of ['100% sure', '100 sure', 'snake_case', 'snakeXcase', 'back\\slash', 'ÉCOLE'])
      await open(ann, { title });
    const find = async (q: string) => titles((await ann.get(`/chatroom?q=${encodeURIComponent(q)}`)).body);
    expect(await find('0% s')).toEqual(['100% sure']);
    expect(await find('E_C')).toEqual(['snake_case']);
    expect(await find('\\')).toEqual(['back\\slash']);
    expect(await find('école')).toEqual(['ÉCOLE']);
    expect(await find('%')).toEqual(['100% sure']);
    expect(await find('nothing')).toEqual([]);
    const { body } = await ann.get('/chatroom?q=s&limit=2');
    const next = await ann.get(`/chatroom?q=s&limit=2&cursor=${body.nextCursor}`);
    expect([...titles(body), ...titles(next.body)]).toEqual([
      'back\\slash',
      'snakeXcase',
      'snake_case',
      '100 sure',
    ]);
    expect(next.body.nextCursor).not.toBeNull();
  });
});

describe('the cached first page', () => {
  const cacheOf = async (client: Client, query = '') => {
    const answer = await client.get(`/chatroom${query}`);
    return [answer.headers.get('x-cache'), titles(answer.body)];
  };

  it('is served from Redis, per person and size, and never stale to its owner on any process', async () => {
    const { id } = await open(ann, { title: 'A' });
    expect(await cacheOf(ann)).toEqual(['MISS', ['A']]);
    await eventually('kept', async () => (await cacheOf(ann))[0] === 'HIT');
    const other = system.client(1).as(ann.accessToken ?? '');
    expect(await cacheOf(other)).toEqual(['HIT', ['A']]);
    expect(await cacheOf(ann, '?limit=5')).toEqual(['MISS', ['A']]);
    expect(await cacheOf(ann, '?q=a')).toEqual([null, ['A']]);
    expect(await cacheOf(await system.signedIn())).toEqual(['MISS', []]);
    await other.patch(`/chatroom/${id}`, { title: 'B' });
    expect(await cacheOf(ann)).toEqual(['MISS', ['B']]);
    await open(other, { title: 'C' });
    expect(await cacheOf(ann)).toEqual(['MISS', ['C', 'B']]);
    await other.delete(`/chatroom/${id}`);
    expect(await cacheOf(ann)).toEqual(['MISS', ['C']]);
    expect(await system.redis.keys(`rooms:${ann.user.id}:*`)).toHaveLength(1);
  });

  it('is never behind a write that was answered, whoever reads meanwhile', async () => {
    const other = system.client(1).as(ann.accessToken ?? '');
    const { id } = await open(ann, { title: '0' });
    let reading = true;
    const readers = [ann, other].map(async (client) => {
      while (reading) await client.get('/chatroom');
    });
    for (let i = 1; i <= 60; i++) {
      await (i % 2 ? ann : other).patch(`/chatroom/${id}`, {
        title: String(i),
      });
      expect((await cacheOf(i % 3 ? ann : other))[1]).toEqual([String(i)]);
    }
    reading = false;
    await Promise.all(readers);
  });
});
