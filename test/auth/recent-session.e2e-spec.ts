import { Client } from '../support/client.js';
import { askCode, newEmail, newMobile, signUp, wrong } from '../support/people.js';
import { System } from '../support/system.js';

let system: System;
let client: Client;
beforeAll(async () => {
  system = await System.start({ workers: 0 });
  client = system.client();
});
afterAll(() => system.stop());

const PASSWORD = 'a long walk in the rain';

/** A person whose session is not recent any more. */
async function person({ password }: { password?: string } = { password: PASSWORD }) {
  const who = newMobile();
  const tokens = await signUp(client, who, { password });
  await system.db.query(
    "UPDATE session SET authenticated_at = now() - interval '601 seconds' WHERE user_id = $1",
    [tokens.user.id],
  );
  return { who, ...tokens, me: client.as(tokens.accessToken) };
}

const REQUIRED = [403, 'auth.reauthentication_required'];

describe('a session that is not recent', () => {
  const sensitive: [what: string, act: (me: Client) => ReturnType<Client['post']>][] = [
    ['ask for a code to another identity', (me) => me.post('/user/me/identity', newEmail())],
    ['confirm one', (me) => me.post('/user/me/identity/verify', { ...newEmail(), otp: '123456' })],
    ['set a first password', (me) => me.post('/auth/change-password', { newPassword: PASSWORD })],
    ['delete the account', (me) => me.delete('/user/me', { confirm: 'delete my account' })],
  ];
  it.each(sensitive)('cannot %s', async (_, act) => {
    const { me, user } = await person({});
    const { status, body } = await act(me);
    expect([status, body.code]).toEqual(REQUIRED);
    expect((await me.get('/user/me')).body).toEqual(user);
  });

  it('is not made recent by a refresh', async () => {
    const { refreshToken } = await person();
    const { body } = await client.post('/auth/refresh', { refreshToken });
    const { status } = await client.as(body.accessToken).post('/user/me/identity', newEmail());
    expect(status).toBe(403);
  });

  it('does everything else, and changes a password whose current one it knows', async () => {
    const { me } = await person();
    expect((await me.patch('/user/me', { name: 'Ada' })).status).toBe(200);
    const change = { newPassword: 'another long walk', currentPassword: PASSWORD };
    expect((await me.post('/auth/change-password', change)).status).toBe(204);
  });

  it('is recent for ten minutes after its password', async () => {
    const { me, accessToken } = await person();
    expect((await me.post('/auth/reauthenticate', { password: 'not the password' })).body.code).toBe(
      'auth.invalid_credentials',
    );
    expect((await me.post('/user/me/identity', newEmail())).status).toBe(403);
    expect((await me.post('/auth/reauthenticate', { password: PASSWORD })).status).toBe(204);
    expect((await me.post('/user/me/identity', newEmail())).status).toBe(200);
    const { sid } = JSON.parse(Buffer.from(accessToken.split('.')[1], 'base64url').toString());
    await system.db.query(
      "UPDATE session SET authenticated_at = authenticated_at - interval '10 minutes' WHERE id = $1",
      [sid],
    );
    expect((await me.post('/user/me/identity', newEmail())).status).toBe(403);
  });

  it('is recent after a code that was sent to the account, with its challenge, and not after another', async () => {
    const { me, who } = await person();
    const other = await person();
    const theirs = (await client.post('/auth/send-otp', other.who)).body;
    const reset = (await client.post('/auth/forgot-password', who)).body;
    const mine = (await client.post('/auth/send-otp', who)).body;
    for (const { otp, challengeId } of [theirs, reset, { ...mine, otp: wrong(mine.otp) }]) {
      const { status, body } = await me.post('/auth/reauthenticate', { otp, challengeId });
      expect([status, body.code]).toEqual([401, 'auth.otp_invalid']);
    }
    for (const body of [{}, { otp: mine.otp }, { password: PASSWORD, otp: mine.otp }])
      expect((await me.post('/auth/reauthenticate', body)).status).toBe(400);
    const { otp, challengeId } = mine;
    expect((await me.post('/auth/reauthenticate', { otp, challengeId })).status).toBe(204);
    expect((await me.post('/user/me/identity', newEmail())).status).toBe(200);
    expect((await me.post('/auth/reauthenticate', { otp, challengeId })).status).toBe(401);
  });

  it('of an earlier release is not recent', async () => {
    const { me, user } = await person();
    await system.db.query('UPDATE session SET authenticated_at = NULL WHERE user_id = $1', [user.id]);
    expect((await me.delete('/user/me', { confirm: 'delete my account' })).status).toBe(403);
  });

  it('may guess its password ten times, and is then told to wait', async () => {
    const { me, who } = await person();
    const codes: string[] = [];
    while (codes.at(-1) !== 'rate_limit.exceeded')
      codes.push((await me.post('/auth/reauthenticate', { password: 'not the password' })).body.code);
    expect(codes.filter((code) => code === 'auth.invalid_credentials').length).toBeLessThanOrEqual(10);
    const right = await me.post('/auth/reauthenticate', { password: PASSWORD });
    expect([right.status, Number(right.headers.get('retry-after')) >= 1]).toEqual([429, true]);
    const change = { newPassword: 'another long walk', currentPassword: PASSWORD };
    expect((await me.post('/auth/change-password', change)).status).toBe(429);
    expect((await client.post('/auth/login', { ...who, password: PASSWORD })).status).toBe(200);
  });
});

describe('a change of identity', () => {
  it('ends the other sessions', async () => {
    const who = newMobile();
    const mine = await signUp(client, who);
    const otp = await askCode(client, who);
    const { body: theirs } = await client.post('/auth/verify-otp', { ...who, otp });
    const me = client.as(mine.accessToken);
    const next = newMobile();
    const code = await askCode(me, next, '/user/me/identity');
    expect((await me.post('/user/me/identity/verify', { ...next, otp: code })).status).toBe(200);
    expect((await client.as(theirs.accessToken).get('/user/me')).status).toBe(401);
    expect((await me.get('/user/me')).status).toBe(200);
  });

  it('is told to the identities of before, by a message where messages are sent', async () => {
    const who = newMobile();
    const mine = await signUp(client, who);
    const next = newMobile();
    const otp = await askCode(client.as(mine.accessToken), next, '/user/me/identity');
    const sending = await system.startApi({
      OTP_DELIVERY: 'webhook',
      OTP_WEBHOOK_URL: 'http://127.0.0.1:1/',
      OTP_WEBHOOK_SECRET: 'the-webhook-secret-of-the-tests',
    });
    const me = new Client(sending.url, mine.accessToken);
    expect((await me.post('/user/me/identity/verify', { ...next, otp })).status).toBe(200);
    const { rows } = await system.db.query('SELECT type, kind, address FROM notice');
    expect(rows).toEqual([{ type: 'identity_changed', kind: 'mobile', address: who.mobile }]);
  });
});
