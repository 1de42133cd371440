import type { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { somebodyWaits } from '../support/lock-wait.js';
import { askCode, newEmail, newMobile, signIn, signUp, type Who } from '../support/people.js';
import { System } from '../support/system.js';

let system: System;
let client: Client;
let other: Client;
beforeAll(async () => {
  system = await System.start({ apis: 2, workers: 1 });
  client = system.client(0);
  other = system.client(1);
});
afterAll(() => system.stop());

const CONFIRM = { confirm: 'delete my account' };

async function person(who: Who = newMobile(), more: { password?: string; name?: string } = {}) {
  const tokens = await signUp(client, who, more);
  return { ...tokens, who, me: client.as(tokens.accessToken) };
}

describe('the account', () => {
  it('is its owner’s to see, under both paths', async () => {
    const { me, user } = await person(newMobile(), { name: 'Ada' });
    const { status, body, headers } = await me.get('/user/me');
    expect([status, body]).toEqual([200, user]);
    expect(headers.get('cache-control')).toBe('no-store');
    expect((await me.get('/auth/me')).body).toEqual(user);
  });

  it('changes its name, and nothing that is not named', async () => {
    const { me } = await person(newMobile(), { name: 'Ada' });
    expect((await me.patch('/user/me', {})).body.name).toBe('Ada');
    expect((await me.patch('/user/me', { name: ' Grace  Hopper ' })).body.name).toBe(' Grace  Hopper ');
    expect((await me.patch('/user/me', { name: null })).body.name).toBeNull();
    expect((await me.get('/user/me')).body.name).toBeNull();
  });

  it.each([
    { name: 5 },
    { name: 'x'.repeat(101) },
    { email: 'a@example.com' },
    { verified: true },
    { id: 'x' },
  ])('refuses %j', async (change) => {
    const { me } = await person();
    const { status, body } = await me.patch('/user/me', change);
    expect([status, body.code]).toEqual([400, 'validation.failed']);
  });
});

describe('another identity', () => {
  const add = async (me: Client, who: Who) => {
    const otp = await askCode(me, who, '/user/me/identity');
    return me.post('/user/me/identity/verify', { ...who, otp });
  };

  it('is added with its code, and then signs in', async () => {
    const { me, user, who } = await person();
    const email = newEmail();
    const { status, body } = await add(me, email);
    expect([status, body]).toEqual([200, { ...user, email: email.email }]);
    expect((await signIn(client, email)).user.id).toBe(user.id);
    expect((await signIn(client, who)).user.id).toBe(user.id);
  });

  it('takes no refund back: a day that was given back something stays so', async () => {
    const { me, user, who } = await person();
    const use = (used: number) =>
      system.db.query(
        `INSERT INTO quota_usage (user_id, day, used) VALUES ($1, (now() AT TIME ZONE 'UTC')::date, $2)
         ON CONFLICT (user_id, day) DO UPDATE SET used = excluded.used`,
        [user.id, used],
      );
    await use(3);
    expect((await add(me, newEmail())).status).toBe(200);
    await use(2);
    await signIn(client, who);
    expect((await me.get('/subscription/status')).body.usage.used).toBe(2);
  });

  it('replaces the old one, which is free from then on and whose codes open nothing', async () => {
    const { me, user, who } = await person();
    const stale = await askCode(client, who);
    const next = newMobile();
    expect((await add(me, next)).body.mobile).toBe(next.mobile);
    expect((await client.post('/auth/verify-otp', { ...who, otp: stale })).body.code).toBe(
      'auth.otp_invalid',
    );
    expect((await signUp(client, who)).user.id).not.toBe(user.id);
  });

  it('is no way to a new day’s quota for the old one', async () => {
    const { me, who } = await person();
    const room = (await me.post('/chatroom', {})).body.id;
    for (let n = 0; n < 5; n++) await me.post(`/chatroom/${room}/message`, { content: 'Hello' });
    expect((await add(me, newMobile())).status).toBe(200);
    const again = client.as((await signUp(client, who)).accessToken);
    const newRoom = (await again.post('/chatroom', {})).body.id;
    const refused = await again.post(`/chatroom/${newRoom}/message`, { content: 'Hello' });
    expect([refused.status, refused.body.code]).toEqual([429, 'quota.exceeded']);
  });

  it('neither signs in nor blocks anyone before its code', async () => {
    const { me } = await person();
    const wanted = newMobile();
    const otp = await askCode(me, wanted, '/user/me/identity');
    expect((await client.post('/auth/send-otp', wanted)).body.code).toBe('auth.user_not_found');
    expect((await client.post('/auth/verify-otp', { ...wanted, otp })).body.code).toBe('auth.otp_invalid');
    const owner = await signUp(client, wanted);
    const late = await me.post('/user/me/identity/verify', { ...wanted, otp });
    expect([late.status, ['auth.mobile_taken', 'auth.otp_invalid'].includes(late.body.code)]).toEqual([
      409,
      true,
    ]);
    expect((await signIn(client, wanted)).user.id).toBe(owner.user.id);
  });

  it('is refused when a verified account has it', async () => {
    const [a, b] = [await person(), await person(newEmail(), { password: 'a password of no importance' })];
    const mobile = await b.me.post('/user/me/identity', a.who);
    expect([mobile.status, mobile.body.code]).toEqual([409, 'auth.mobile_taken']);
    const email = await a.me.post('/user/me/identity', b.who);
    expect([email.status, email.body.code]).toEqual([409, 'auth.email_taken']);
  });

  it('goes to one of two who have a code for it', async () => {
    const [a, b] = [await person(), await person()];
    const wanted = newMobile();
    const first = await askCode(a.me, wanted, '/user/me/identity');
    const second = await askCode(b.me, wanted, '/user/me/identity');
    const mine = await a.me.post('/user/me/identity/verify', { ...wanted, otp: second });
    expect(mine.body.code).toBe('auth.otp_invalid');
    expect((await b.me.post('/user/me/identity/verify', { ...wanted, otp: second })).status).toBe(200);
    expect((await a.me.post('/user/me/identity/verify', { ...wanted, otp: first })).status).toBe(401);
  });

  it('takes the place of an account that waits for its first code', async () => {
    const { me } = await person();
    const wanted = newMobile();
    await client.post('/auth/signup', wanted);
    expect((await add(me, wanted)).status).toBe(200);
  });
});

describe('deleting the account', () => {
  it.each([{}, { confirm: true }, { confirm: 'yes' }, undefined])('wants the words, not %j', async (body) => {
    const { me } = await person();
    expect((await me.delete('/user/me', body)).status).toBe(400);
    expect((await me.get('/user/me')).status).toBe(200);
  });

  it('leaves nothing but the day’s use under a keyed hash, and no token that works', async () => {
    const { me, user, refreshToken, accessToken, who } = await person(newMobile(), { name: 'Ada' });
    const room = await me.post('/chatroom', { title: 'A room' }, { headers: { 'Idempotency-Key': 'one' } });
    expect((await me.post(`/chatroom/${room.body.id}/message`, { content: 'Hello' })).status).toBe(202);
    await askCode(client, who);
    await askCode(me, newEmail(), '/user/me/identity');
    expect((await me.get('/chatroom')).headers.get('x-cache')).toBe('MISS');
    expect((await me.get('/chatroom')).headers.get('x-cache')).toBe('HIT');
    expect((await me.delete('/user/me', CONFIRM)).status).toBe(204);
    await eventually('Redis holds nothing but the burst limit, for a minute', async () => {
      const keys = await system.redis.keys(`*${user.id}*`);
      return keys.every((key) => key.startsWith('rate:'));
    });
    expect((await other.as(accessToken).get('/user/me')).status).toBe(401);
    expect((await other.post('/auth/refresh', { refreshToken })).status).toBe(401);
    const { rows: tables } = await system.db.query(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
    );
    expect(tables.length).toBeGreaterThan(8);
    const traces = [user.id, who.mobile, room.body.id];
    await eventually('a worker to have purged the room', async () => {
      const { rowCount } = await system.db.query('SELECT 1 FROM work_item WHERE subject_id = $1', [
        room.body.id,
      ]);
      return rowCount === 0;
    });
    for (const { name } of tables) {
      const { rows } = await system.db.query(`SELECT * FROM "${name}"`);
      for (const trace of traces) expect([name, JSON.stringify(rows).includes(trace)]).toEqual([name, false]);
    }
    const { rows: carried } = await system.db.query('SELECT used FROM quota_carry_over');
    expect(carried).toContainEqual({ used: 1 });
  });

  it('is no way to a new day’s quota', async () => {
    const { me, who } = await person();
    const room = (await me.post('/chatroom', {})).body.id;
    for (let n = 0; n < 5; n++)
      expect((await me.post(`/chatroom/${room}/message`, { content: 'Hello' })).status).toBe(202);
    expect((await me.delete('/user/me', CONFIRM)).status).toBe(204);
    const again = client.as((await signUp(client, who)).accessToken);
    const newRoom = (await again.post('/chatroom', {})).body.id;
    const refused = await again.post(`/chatroom/${newRoom}/message`, { content: 'Hello' });
    expect([refused.status, refused.body.code]).toEqual([429, 'quota.exceeded']);
    const friend = client.as(
      (await signUp(client, newEmail(), { password: 'a password of no importance' })).accessToken,
    );
    const otp = await askCode(friend, newMobile(), '/user/me/identity');
    expect(otp).toHaveLength(6);
  });

  it('may be asked for many times at once', async () => {
    const { me } = await person();
    const answers = await Promise.all(Array.from({ length: 10 }, () => me.delete('/user/me', CONFIRM)));
    for (const { status } of answers) expect([204, 401]).toContain(status);
    expect(answers.some(({ status }) => status === 204)).toBe(true);
  });

  it('leaves no room to a request that comes in the middle', async () => {
    const { me, user } = await person();
    const end = await system.db.connect();
    await end.query('BEGIN');
    await end.query('DELETE FROM app_user WHERE id = $1', [user.id]);
    const created = me.post('/chatroom', {}, { headers: { 'Idempotency-Key': 'late' } });
    await somebodyWaits(system.db);
    await end.query('COMMIT');
    end.release();
    const { status, body } = await created;
    expect([status, body.code]).toEqual([401, 'auth.unauthenticated']);
    const { rows } = await system.db.query('SELECT FROM idempotency_key WHERE user_id = $1', [user.id]);
    expect(rows).toHaveLength(0);
  });

  it('takes the replies that were kept for them out of Redis', async () => {
    const { me, user } = await person();
    const kept = () => system.redis.keys(`response:*${user.id}*`);
    const worker = await system.startWorker();
    const room = (await me.post('/chatroom', {})).body.id;
    const answered = await me.post(
      `/chatroom/${room}/message`,
      { content: 'Between us' },
      { headers: { Prefer: 'wait=20' } },
    );
    expect(answered.body.reply.status).toBe('completed');
    expect(await kept()).toHaveLength(1);
    expect((await me.delete('/user/me', CONFIRM)).status).toBe(204);
    await eventually('nothing is kept', async () => (await kept()).length === 0);
    await worker.stop();
  });
});
