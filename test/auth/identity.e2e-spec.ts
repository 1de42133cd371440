import { randomUUID } from 'node:crypto';
import { Client } from '../support/client.js';
import { newMobile, signIn, signUp } from '../support/people.js';
import { System } from '../support/system.js';

let system: System;
let client: Client;
beforeAll(async () => {
  system = await System.start({ workers: 0 });
  client = system.client();
});
afterAll(() => system.stop());

const PASSWORD = 'a long walk in the rain';
const local = () => `ada${randomUUID().slice(0, 8)}`;

/** A verified account as an earlier release stored it. */
const store = (columns: { mobile?: string; email?: string; emailKey?: string }) =>
  system.db.query(
    'INSERT INTO app_user (id, mobile, email, email_key, verified_at) VALUES ($1, $2, $3, $4, now()) RETURNING id',
    [randomUUID(), columns.mobile, columns.email, columns.emailKey],
  );

describe('one number', () => {
  it('is one account with and without the Argentine 9', async () => {
    const { user } = await signUp(client, { mobile: '+54 11 2345 6701' });
    expect(user.mobile).toBe('+5491123456701');
    expect((await signIn(client, { mobile: '+54 9 11 2345 6701' })).user.id).toBe(user.id);
    const again = await client.post('/auth/signup', { mobile: '+54 11 15 2345 6701' });
    expect(again.body.code).toBe('auth.mobile_taken');
  });

  it('is one account with and without the Mexican 1', async () => {
    const { user } = await signUp(client, { mobile: '+52 1 55 1234 5678' });
    expect((await signIn(client, { mobile: '+52 55 1234 5678' })).user.id).toBe(user.id);
  });

  it('finds an account that an earlier release stored without the 9, and does not make another', async () => {
    const { rows } = await store({ mobile: '+541123456702' });
    for (const mobile of ['+541123456702', '+5491123456702'])
      expect((await signIn(client, { mobile })).user.id).toBe(rows[0].id);
    const again = await client.post('/auth/signup', { mobile: '+5491123456702' });
    expect(again.body.code).toBe('auth.mobile_taken');
  });

  it('finds an account whose number would be refused today', async () => {
    const { rows } = await store({ mobile: '+15551234567' });
    expect((await signIn(client, { mobile: '+1 555 123 4567' })).user.id).toBe(rows[0].id);
  });

  it.each(['+1 900 234 5678', '+44 70 1234 5678', '+881 612 345 678', '+979 1 2345 6789', '+1 555 123 4567'])(
    'is refused on both ways to get one when it is %s',
    async (mobile) => {
      const me = client.as((await signUp(client)).accessToken);
      for (const answer of [
        await client.post('/auth/signup', { mobile }),
        await me.post('/user/me/identity', { mobile }),
      ]) {
        expect([answer.status, answer.body.errors]).toEqual([
          400,
          [{ field: 'mobile', message: 'mobile must be a phone number to which messages may be sent' }],
        ]);
      }
    },
  );

  it('is one of the allowed countries, where they are set', async () => {
    const limited = await system.startApi({ ALLOWED_PHONE_REGIONS: 'US,CA' });
    const there = new Client(limited.url);
    const answers = ['+919876543210', '+12015550123'].map((mobile) => there.post('/auth/signup', { mobile }));
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([400, 201]);
  });
});

describe('one address', () => {
  it('is one account in any writing', async () => {
    const name = local();
    const wide = [...name].map((letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)).join('');
    const { user } = await signUp(client, { email: `${name}@müller.example` }, { password: PASSWORD });
    for (const email of [
      `${name}@xn--mller-kva.example`,
      `${wide}@mu\u0308ller.example`,
      `${name}@MÜLLER.example`,
    ]) {
      expect((await signIn(client, { email })).user.id).toBe(user.id);
      const again = await client.post('/auth/signup', { email, password: PASSWORD });
      expect(again.body.code).toBe('auth.email_taken');
    }
  });

  it('with a Kelvin sign belongs to the ASCII mailbox, so that it blocks nobody', async () => {
    const name = local();
    const { user } = await signUp(client, { email: `\u212A${name}@example.com` }, { password: PASSWORD });
    expect(user.email).toBe(`K${name}@example.com`);
  });

  it.each(['"ada"@example.com', 'ä@example.com', 'a\u200bda@example.com', 'ada@exa\u00admple.com'])(
    'is refused when it is %j',
    async (email) => {
      const { status, body } = await client.post('/auth/signup', { email, password: PASSWORD });
      expect([status, body.errors?.[0].field]).toEqual([400, 'email']);
    },
  );

  it('finds accounts that earlier releases stored by another rule', async () => {
    const name = local();
    const stored = [
      { email: `"${name}"@example.com`, typed: `"${name}"@Example.com` },
      { email: `${name}@MÜLLER.example`, typed: `${name}@xn--mller-kva.example` },
    ];
    for (const { email, typed } of stored) {
      const { rows } = await store({ email, emailKey: email.toLowerCase() });
      const { user, accessToken } = await signIn(client, { email: typed });
      expect(user.id).toBe(rows[0].id);
      const again = await client.as(accessToken).post('/user/me/identity', { email: typed });
      // Its own: neither is a code sent, nor is its owner told that somebody tried to take it.
      expect([again.status, again.body.code]).toEqual(
        typed.startsWith('"') ? [400, 'validation.failed'] : [409, 'auth.email_taken'],
      );
    }
  });

  it('takes the day’s use to another address of its mailbox', async () => {
    const name = local();
    const first = await signUp(client, { email: `${name}+1@example.com` }, { password: PASSWORD });
    const me = client.as(first.accessToken);
    const { body: room } = await me.post('/chatroom', {});
    await me.post(`/chatroom/${room.id}/message`, { content: 'Hello' });
    expect((await me.delete('/user/me', { confirm: 'delete my account' })).status).toBe(204);
    const second = await signUp(client, { email: `${name}+2@example.com` }, { password: PASSWORD });
    const { body } = await client.as(second.accessToken).get('/subscription/status');
    expect(body.usage.used).toBe(1);
  });
});

describe('what a sign-up names beside the identity that is proven', () => {
  it('is not shown, opens nothing and is not kept', async () => {
    const victim = newMobile();
    const email = `${local()}@example.com`;
    await client.post('/auth/signup', { ...victim, email });
    const { accessToken, user } = await signIn(client, victim);
    expect([user.mobile, user.email, user.verified]).toEqual([victim.mobile, null, true]);
    expect((await client.as(accessToken).get('/user/me')).body.email).toBeNull();
    const { rows } = await system.db.query('SELECT * FROM app_user WHERE id = $1', [user.id]);
    expect(JSON.stringify(rows)).not.toContain(email);
    expect((await client.post('/auth/send-otp', { email })).body.code).toBe('auth.user_not_found');
  });

  it('is not shown where an earlier release kept it', async () => {
    const { accessToken, user } = await signUp(client);
    await system.db.query("UPDATE app_user SET unverified_email = 'old@example.com' WHERE id = $1", [
      user.id,
    ]);
    expect((await client.as(accessToken).get('/user/me')).body.email).toBeNull();
  });

  it('goes with the account when its owner signs up himself', async () => {
    const victim = newMobile();
    await client.post('/auth/signup', { ...victim, name: 'A stranger', email: `${local()}@example.com` });
    const { user } = await signUp(client, victim);
    expect(user).toMatchObject({ name: null, email: null });
  });
});
