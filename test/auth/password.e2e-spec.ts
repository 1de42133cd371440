import { hash } from '@node-rs/argon2';
import type { Client } from '../support/client.js';
import { askCode, newMobile, signIn, signUp, type Who } from '../support/people.js';
import { System } from '../support/system.js';

let system: System;
let client: Client;
let other: Client;
beforeAll(async () => {
  system = await System.start({ apis: 2, workers: 0 });
  client = system.client(0);
  other = system.client(1);
});
afterAll(() => system.stop());

const OLD = 'the first of my passwords';
const NEW = 'the second of my passwords';
const login = (who: Who, password: string) => client.post('/auth/login', { ...who, password });
const me = async (accessToken: string) => (await other.as(accessToken).get('/user/me')).status;

describe('signing in with a password', () => {
  it('works, and refuses everything else alike', async () => {
    const who = newMobile();
    await signUp(client, who, { password: OLD });
    const { status, body } = await login(who, OLD);
    expect([status, body.user.mobile]).toEqual([200, who.mobile]);
    expect(await me(body.accessToken)).toBe(200);
    const without = newMobile();
    await signUp(client, without);
    const refusals = [await login(who, NEW), await login(without, OLD), await login(newMobile(), OLD)];
    for (const refusal of refusals) {
      const { requestId: _, ...problem } = refusal.body;
      expect(problem).toEqual({
        type: 'about:blank',
        status: 401,
        code: 'auth.invalid_credentials',
        title: 'The credentials are not valid',
        detail: 'The credentials are not valid',
      });
    }
  });

  it('takes a password as it is, letter for letter, from any keyboard', async () => {
    const who = newMobile();
    const password = ' Pässwörd mit 🚀 und Leerzeichen ';
    await signUp(client, who, { password });
    for (const same of [password, password.normalize('NFD'), password.replaceAll(' ', '\u00a0')])
      expect((await login(who, same)).status).toBe(200);
    for (const different of [password.trim(), password.toLowerCase()])
      expect((await login(who, different)).status).toBe(401);
  });

  it('takes one that an earlier release hashed as it was typed, and hashes it anew', async () => {
    const who = newMobile();
    const typed = 'Pässwörd of long ago'.normalize('NFD');
    const { user } = await signUp(client, who, { password: OLD });
    const stored = async () =>
      (await system.db.query('SELECT password_hash AS hash FROM app_user WHERE id = $1', [user.id])).rows[0]
        .hash;
    const before = await hash(typed);
    await system.db.query('UPDATE app_user SET password_hash = $2 WHERE id = $1', [user.id, before]);
    expect((await login(who, typed.normalize('NFC'))).status).toBe(401);
    expect((await login(who, typed)).status).toBe(200);
    expect(await stored()).not.toBe(before);
    expect((await login(who, typed.normalize('NFC'))).status).toBe(200);
    expect((await login(who, typed)).status).toBe(200);
  });

  it('is stored as argon2id only', async () => {
    const { user } = await signUp(client, newMobile(), { password: OLD });
    const { rows } = await system.db.query('SELECT * FROM app_user WHERE id = $1', [user.id]);
    expect(rows[0].password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(rows[0].pending_password_hash).toBeNull();
  });
});

describe('a forgotten password', () => {
  it('is replaced with a code, and every session ends on every process', async () => {
    const who = newMobile();
    const { accessToken, refreshToken } = await signUp(client, who, { password: OLD });
    const elsewhere = await signIn(other, who);
    const otp = await askCode(client, who, '/auth/forgot-password');
    const reset = await client.post('/auth/reset-password', { ...who, otp, newPassword: NEW });
    expect([reset.status, reset.text]).toEqual([204, '']);
    expect(await me(accessToken)).toBe(401);
    expect(await me(elsewhere.accessToken)).toBe(401);
    expect((await other.post('/auth/refresh', { refreshToken })).status).toBe(401);
    expect((await login(who, OLD)).status).toBe(401);
    expect((await login(who, NEW)).status).toBe(200);
    const again = await client.post('/auth/reset-password', { ...who, otp, newPassword: OLD });
    expect([again.status, again.body.code]).toEqual([401, 'auth.otp_invalid']);
  });

  it('voids the codes that were sent before', async () => {
    const who = newMobile();
    await signUp(client, who);
    const signInCode = await askCode(client, who);
    const otp = await askCode(client, who, '/auth/forgot-password');
    await client.post('/auth/reset-password', { ...who, otp, newPassword: NEW });
    expect((await client.post('/auth/verify-otp', { ...who, otp: signInCode })).body.code).toBe(
      'auth.otp_invalid',
    );
  });

  it('does not use the code up for a password that is refused', async () => {
    const who = newMobile();
    await signUp(client, who);
    const otp = await askCode(client, who, '/auth/forgot-password');
    for (const newPassword of ['short', 'password123', undefined])
      expect((await client.post('/auth/reset-password', { ...who, otp, newPassword })).status).toBe(400);
    expect((await client.post('/auth/reset-password', { ...who, otp, newPassword: NEW })).status).toBe(204);
  });
});

describe('changing the password', () => {
  it('needs the current one, and ends the other sessions at once', async () => {
    const who = newMobile();
    const { accessToken } = await signUp(client, who, { password: OLD });
    const elsewhere = await signIn(other, who);
    const mine = client.as(accessToken);
    for (const currentPassword of [undefined, '', NEW]) {
      const { status, body } = await mine.post('/auth/change-password', {
        newPassword: NEW,
        currentPassword,
      });
      expect([status, body.code]).toEqual([401, 'auth.invalid_credentials']);
    }
    const changed = await mine.post('/auth/change-password', { newPassword: NEW, currentPassword: OLD });
    expect(changed.status).toBe(204);
    expect([await me(accessToken), await me(elsewhere.accessToken)]).toEqual([200, 401]);
    expect([(await login(who, OLD)).status, (await login(who, NEW)).status]).toEqual([401, 200]);
  });

  it('sets the first one of an account without a password', async () => {
    const who = newMobile();
    const mine = client.as((await signUp(client, who)).accessToken);
    expect((await mine.post('/auth/change-password', { newPassword: NEW })).status).toBe(204);
    expect((await mine.get('/user/me')).body.hasPassword).toBe(true);
    expect((await login(who, NEW)).status).toBe(200);
  });

  it('lets one of two changes at once through', async () => {
    const who = newMobile();
    const mine = client.as((await signUp(client, who, { password: OLD })).accessToken);
    const passwords = ['change number one', 'change number two', 'change number three'];
    const answers = await Promise.all(
      passwords.map((newPassword) =>
        mine.post('/auth/change-password', { newPassword, currentPassword: OLD }),
      ),
    );
    const winners = passwords.filter((_, n) => answers[n]?.status === 204);
    expect(winners).toHaveLength(1);
    expect((await login(who, winners[0] ?? '')).status).toBe(200);
  });

  it('refuses one that is easily guessed, and says why', async () => {
    const who = newMobile();
    const mine = client.as((await signUp(client, who, { name: 'Ada Lovelace' })).accessToken);
    for (const [newPassword, reason] of [
      ['qwertyuiop', 'is too common'],
      [who.mobile, 'must not be your number or address'],
      ['Lovelace1', 'must not be your name'],
      ['geminichat', 'must not be the name of this product'],
      ['        ', 'must not be only spaces'],
    ]) {
      const { status, body } = await mine.post('/auth/change-password', { newPassword });
      expect([status, body.errors]).toEqual([
        400,
        [{ field: 'newPassword', message: `newPassword ${reason}` }],
      ]);
    }
  });

  it('refuses them at sign-up and at a reset too', async () => {
    const who = newMobile();
    await signUp(client, who);
    const otp = await askCode(client, who, '/auth/forgot-password');
    const reset = await client.post('/auth/reset-password', { ...who, otp, newPassword: who.mobile });
    expect(reset.body.errors[0].message).toBe('newPassword must not be your number or address');
    expect((await client.post('/auth/reset-password', { ...who, otp, newPassword: NEW })).status).toBe(204);
    const email = 'ada.lovelace@example.com';
    const signup = await client.post('/auth/signup', { email, password: 'AdaLovelace1' });
    expect(signup.body.errors[0].message).toBe('password must not be your number or address');
  });
});
