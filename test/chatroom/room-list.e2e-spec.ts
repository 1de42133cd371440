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

  it.each([
    ['an accent in parts', 'Cafe\u0301 notes', 'Café'],
    ['an accent in one', 'Café notes', 'cafe\u0301'],
    ['full-width letters', 'Ｐａｒｉｓ', 'paris'],
    ['full-width signs', '100％ ＿x＼', '100% _x\\'],
    ['a ligature', 'ﬁle', 'FI'],
    ['a Kelvin sign', '273 \u212a', '273 k'],
    ['half-width Katakana', 'ｶﾞｲﾄﾞ', 'ガイド'],
    ['Hangul in parts', '\u1112\u1161\u11ab국', '한국'],
    ['a sharp s', 'Straße', 'STRASSE'],
    ['a final sigma', 'Οδός Αθηνάς', 'ΑΘΗΝΆΣ'],
  ])('finds %s, and keeps the title as it was given', async (_, title, q) => {
    const { id } = await open(ann, { title });
    await open(ann, { title: 'Another one' });
    const { body } = await ann.get(`/chatroom?q=${encodeURIComponent(q)}`);
    expect(body.data).toMatchObject([{ id, title }]);
    expect(body.data).toHaveLength(1);
    // As the release before has left it.
    await system.db.query('UPDATE chatroom SET title_folded = NULL WHERE id = $1', [id]);
    expect((await ann.get(`/chatroom?q=${encodeURIComponent(q)}`)).body.data).toMatchObject([{ id }]);
  });

  it('folds a title once, when it is written, and not when it is searched', async () => {
    const { id } = await open(ann, { title: '\ufdfa'.repeat(200) });
    await ann.patch(`/chatroom/${id}`, { title: 'Ｐａｒｉｓ' });
    const { rows } = await system.db.query('SELECT title_folded FROM chatroom WHERE id = $1', [id]);
    expect(rows).toEqual([{ title_folded: 'paris' }]);
    await system.db.query(`UPDATE chatroom SET title_folded = 'as it was folded' WHERE user_id = $1`, [
      ann.user.id,
    ]);
    expect((await ann.get('/chatroom?q=PARIS')).body.data).toEqual([]);
    expect((await ann.get('/chatroom?q=was%20folded')).body.data).toHaveLength(1);
  });

  it('keeps little of a title whose characters stand for many', async () => {
    const { id } = await open(ann, { title: '\ufdfa'.repeat(200) });
    const { rows } = await system.db.query(
      'SELECT char_length(title_folded) AS length FROM chatroom WHERE id = $1',
      [id],
    );
    expect(rows[0].length).toBe(600);
    expect((await ann.get(`/chatroom?q=${encodeURIComponent('\ufdfa')}`)).body.data).toMatchObject([{ id }]);
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
