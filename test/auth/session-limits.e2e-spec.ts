import type { Client } from '../support/client.js';
import { inParallel, newMobile, signIn, signUp } from '../support/people.js';
import { System } from '../support/system.js';

const MAX = 5;

let system: System;
let client: Client;
beforeAll(async () => {
  system = await System.start({
    apis: 2,
    workers: 0,
    env: { MAX_SESSIONS_PER_USER: String(MAX), SESSION_MAX_AGE: '60d', REFRESH_TOKEN_TTL: '30d' },
  });
  client = system.client();
});
afterAll(() => system.stop());

const PASSWORD = 'a long walk in the rain';
const live = async (userId: string) => {
  const { rows } = await system.db.query(
    'SELECT id FROM session WHERE user_id = $1 AND revoked_at IS NULL ORDER BY id',
    [userId],
  );
  return rows.map(({ id }) => id as string);
};

describe('the sessions of an account', () => {
  it('are so many at most: the oldest ends', async () => {
    const who = newMobile();
    const first = await signUp(client, who);
    const [oldest] = await live(first.user.id);
    for (let n = 0; n < MAX; n++) await signIn(client, who);
    const left = await live(first.user.id);
    expect([left.length, left.includes(String(oldest))]).toEqual([MAX, false]);
    expect((await client.as(first.accessToken).get('/user/me')).status).toBe(401);
  });

  it('are so many also when many sign in at once at two processes', async () => {
    const who = newMobile();
    const { user } = await signUp(client, who, { password: PASSWORD });
    await inParallel([...Array(12).keys()], 6, (n) =>
      system.client(n % 2).post('/auth/login', { ...who, password: PASSWORD }),
    );
    expect(await live(user.id)).toHaveLength(MAX);
  });

  it('leave few rows behind, however often someone signs in and out', async () => {
    const who = newMobile();
    const { user } = await signUp(client, who);
    for (let n = 0; n < 3 * MAX; n++) {
      const { accessToken } = await signIn(client, who);
      await client.as(accessToken).post('/auth/logout');
    }
    const { rows } = await system.db.query('SELECT FROM session WHERE user_id = $1', [user.id]);
    expect(rows.length).toBeLessThanOrEqual(2 * MAX + 1);
  });

  it('are listed in pages', async () => {
    const who = newMobile();
    let tokens = await signUp(client, who);
    for (let n = 1; n < MAX; n++) tokens = await signIn(client, who);
    const me = client.as(tokens.accessToken);
    const all = (await me.get('/auth/sessions')).body;
    expect([all.data.length, all.nextCursor]).toEqual([MAX, null]);
    const pages: { id: string }[] = [];
    let query = '?limit=2';
    for (let page = 0; page < 3; page++) {
      const { body } = await me.get(`/auth/sessions${query}`);
      pages.push(...body.data);
      query = `?limit=2&cursor=${body.nextCursor}`;
    }
    expect(pages).toEqual(all.data);
    expect(query).toContain('cursor=null');
    const wrong = await me.get('/auth/sessions?cursor=abc');
    expect([wrong.status, wrong.body.errors[0].field]).toEqual([400, 'cursor']);
  });

  it('end after so long, however often they are refreshed', async () => {
    const { user, refreshToken } = await signUp(client);
    const age = (days: number) =>
      system.db.query(
        'UPDATE session SET created_at = now() - make_interval(days => $2) WHERE user_id = $1',
        [user.id, days],
      );
    const left = async () => {
      const { rows } = await system.db.query(
        'SELECT round(extract(epoch FROM expires_at - now()) / 86400)::int AS days FROM session WHERE user_id = $1',
        [user.id],
      );
      return rows[0].days as number;
    };
    await age(10);
    const second = await client.post('/auth/refresh', { refreshToken });
    expect(await left()).toBe(30);
    await age(55);
    const third = await client.post('/auth/refresh', { refreshToken: second.body.refreshToken });
    expect(await left()).toBe(5);
    await age(60);
    const fourth = await client.post('/auth/refresh', { refreshToken: third.body.refreshToken });
    expect((await client.as(fourth.body.accessToken).get('/user/me')).status).toBe(401);
    expect((await client.post('/auth/refresh', { refreshToken: fourth.body.refreshToken })).status).toBe(401);
  });
});
