import { randomUUID } from 'node:crypto';
import type { Client } from '../support/client.js';
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
    [{ title: '\u200b\u3164\u2800' }, 'title'],
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

  it.each(['\u200b', '\u2060\u3164', ' \u00ad\ufeff ', '\u2800', '\u0001', '\u{e0020}'])(
    'a prompt of invisible characters is refused: %j',
    async (content) => {
      const { id } = await open(ann);
      const refused = await ann.post(`/chatroom/${id}/message`, { content });
      expect([refused.status, refused.body.errors?.[0]]).toEqual([
        400,
        { field: 'content', message: 'content must not be blank' },
      ]);
      expect((await ann.post(`/chatroom/${id}/message`, { content: `${content}a` })).status).toBe(202);
    },
  );

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
