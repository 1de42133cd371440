import { Client } from '../support/client.js';
import { buildSubscription } from '../support/factories.js';
import { askCode, wrong } from '../support/people.js';
import { openRoom, send } from '../support/rooms.js';
import { statusOf, stripeSdk } from '../support/stripe.js';
import { System } from '../support/system.js';

/** Each is another than its default. */
const SETTINGS = {
  CLIENT_URL: 'https://chat.example.com/home',
  DEFAULT_PHONE_REGION: 'US',
  GEMINI_ALLOWED_MODELS: 'gemini-of-our-own, models/gemini-3.5-flash-lite',
  OTP_EXPIRATION_MINUTES: '7',
  OTP_MAX_ATTEMPTS: '2',
  STRIPE_PAST_DUE_GRACE_DAYS: '10',
};
const MOBILE = { mobile: '+12015550123' };

describe('a setting of the API', () => {
  let system: System;
  let client: Client;

  beforeAll(async () => {
    system = await System.start({ workers: 0, env: SETTINGS });
    client = system.client();
  });
  afterAll(() => system?.stop());

  it('DEFAULT_PHONE_REGION is the country of a number that names none', async () => {
    const { status, body } = await client.post('/auth/signup', { mobile: '(201) 555-0123' });
    expect([status, body.mobile]).toEqual([201, MOBILE.mobile]);
    const abroad = await client.post('/auth/signup', { mobile: '+919876543210' });
    expect([abroad.status, abroad.body.mobile]).toEqual([201, '+919876543210']);
  });

  it('OTP_EXPIRATION_MINUTES is how long a code is good for', async () => {
    await client.post('/auth/signup', MOBILE);
    expect((await client.post('/auth/send-otp', MOBILE)).body.expiresInSeconds).toBe(420);
    const { rows } = await system.db.query(
      `SELECT extract(epoch FROM expires_at - sent_at)::int AS seconds FROM otp_challenge WHERE identity = $1`,
      [MOBILE.mobile],
    );
    expect(rows).toEqual([{ seconds: 420 }]);
  });

  it('OTP_MAX_ATTEMPTS is how many wrong guesses void a code', async () => {
    await client.post('/auth/signup', MOBILE);
    const otp = await askCode(client, MOBILE);
    const codes = [];
    for (const guess of [wrong(otp), wrong(otp), otp])
      codes.push((await client.post('/auth/verify-otp', { ...MOBILE, otp: guess })).body.code);
    expect(codes).toEqual(['auth.otp_invalid', 'auth.otp_invalid', 'auth.otp_attempts_exceeded']);
  });

  it('GEMINI_ALLOWED_MODELS is all that a room may choose from', async () => {
    const person = await system.signedIn();
    const room = await openRoom(person, { model: 'gemini-of-our-own' });
    const changed = await person.patch(`/chatroom/${room}`, { model: 'gemini-3.5-flash-lite' });
    expect([changed.status, changed.body.model]).toEqual([200, 'gemini-3.5-flash-lite']);
    const named = await person.post('/chatroom', { model: 'models/gemini-of-our-own' });
    expect([named.status, named.body.model]).toEqual([201, 'gemini-of-our-own']);
    const renamed = await person.patch(`/chatroom/${room}`, { model: 'models/gemini-of-our-own' });
    expect([renamed.status, renamed.body.model]).toEqual([200, 'gemini-of-our-own']);
    const refused = { model: 'gemini-3.8-flash' };
    for (const answer of [
      await person.post('/chatroom', refused),
      await person.patch(`/chatroom/${room}`, refused),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([400, 'validation.failed']);
      expect(answer.body.errors[0].field).toBe('model');
    }
  });

  it('CLIENT_URL is where a person goes on after Stripe’s pages', async () => {
    const person = await system.signedIn();
    const stripe = stripeSdk(system.stripe);
    const { sessionId } = (await person.post('/subscribe/pro')).body;
    const { success_url, cancel_url } = await stripe.checkout.sessions.retrieve(sessionId);
    for (const page of [success_url?.replace('{CHECKOUT_SESSION_ID}', sessionId), cancel_url])
      expect(await (await fetch(page ?? '')).text()).toContain(`href="${SETTINGS.CLIENT_URL}"`);
    const portal = await person.post('/subscription/portal');
    expect(await (await fetch(portal.body.url)).text()).toContain(SETTINGS.CLIENT_URL);
  });

  it.each([
    [9, 'pro', null],
    [11, 'basic', '5'],
  ])(
    'STRIPE_PAST_DUE_GRACE_DAYS is how long Pro outlives a failed payment: after %i days %s',
    async (startedDaysAgo, tier, limit) => {
      const person = await system.signedIn();
      await buildSubscription(system.db, person.user.id, { status: 'past_due', startedDaysAgo });
      expect(await statusOf(person)).toMatchObject({ tier, status: 'past_due' });
      const answer = await send(person, await openRoom(person), 'hello');
      expect([answer.status, answer.headers.get('x-quota-limit')]).toEqual([202, limit]);
    },
  );
});
