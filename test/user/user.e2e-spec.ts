import type { Client } from '../support/client.js';
import { askCode, newEmail, newMobile, signIn, signUp, type Who } from '../support/people.js';
import { System } from '../support/system.js';

let system: System;
let client: Client;
beforeAll(async () => {
  system = await System.start({ workers: 0 });
  client = system.client();
});
afterAll(() => system.stop());

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
