import { randomUUID } from 'node:crypto';
import type { Client } from '../support/client.js';
import {
  askChallenge,
  askCode,
  inParallel,
  newMobile,
  openAccount,
  signUp,
  tally,
  verifyCode,
  wrong,
} from '../support/people.js';
import { System } from '../support/system.js';

let system: System;
let client: Client;
beforeAll(async () => {
  system = await System.start({ apis: 2, workers: 0, env: { LOG_LEVEL: 'warn' } });
  client = system.client();
});
afterAll(() => system.stop());

/** Guesses wrong as often as it is let. @param more what names the challenge */
async function exhaust(
  who: { mobile: string },
  otp: string,
  more: { challengeId?: string } = {},
): Promise<void> {
  for (let guess = 0; guess < 5; guess++)
    expect(await verify(who, wrong(otp), more)).toBe('auth.otp_invalid');
  expect(await verify(who, otp, more)).toBe('auth.otp_attempts_exceeded');
}

const opened = () => openAccount(client);
const verify = (who: { mobile: string }, otp: string, more: { challengeId?: string } = {}, from = client) =>
  verifyCode(from, who, { ...more, otp });

describe('wrong guesses with a challenge', () => {
  it('count against it alone, whatever others guess at the number', async () => {
    const who = await opened();
    const [mine, other] = [await askChallenge(client, who), await askChallenge(client, who)];
    await exhaust(who, other.otp, { challengeId: other.challengeId });
    await exhaust(who, '000000');
    const { otp, challengeId } = mine;
    expect(await verify(who, otp, { challengeId })).toBeUndefined();
  });

  it('are told apart from nothing: wrong, used, expired, of another purpose, of another number, unknown', async () => {
    const who = await opened();
    const stranger = await opened();
    const used = await askChallenge(client, who);
    expect(await verify(who, used.otp, used)).toBeUndefined();
    const expired = await askChallenge(client, who);
    await system.db.query("UPDATE otp_challenge SET expires_at = now() - interval '1 s' WHERE id = $1", [
      expired.challengeId,
    ]);
    const reset = await askChallenge(client, who, '/auth/forgot-password');
    const good = await askChallenge(client, who);
    const refusals = [
      await client.post('/auth/verify-otp', { ...who, ...good, otp: wrong(good.otp) }),
      await client.post('/auth/verify-otp', { ...who, ...used }),
      await client.post('/auth/verify-otp', { ...who, ...expired }),
      await client.post('/auth/verify-otp', { ...who, ...reset }),
      await client.post('/auth/verify-otp', { ...stranger, ...good }),
      await client.post('/auth/verify-otp', { ...who, ...good, challengeId: randomUUID() }),
    ];
    const shown = refusals.map(({ status, body: { requestId: _, ...body } }) => ({ status, body }));
    for (const each of shown) expect(each).toEqual(shown[0]);
    expect([shown[0]?.status, shown[0]?.body.code]).toEqual([401, 'auth.otp_invalid']);
    expect(await verify(who, good.otp, good)).toBeUndefined();
  });

  it('are five of a hundred at once, and of a hundred right ones one signs in', async () => {
    const who = await opened();
    const [guessed, right] = [await askChallenge(client, who), await askChallenge(client, who)];
    const guesses = await inParallel([...Array(100).keys()], 50, (n) =>
      verify(who, wrong(guessed.otp), guessed, system.client(n % 2)),
    );
    const { 'auth.otp_invalid': evaluated } = tally(guesses.map(String));
    expect(evaluated).toBe(5);
    const uses = await inParallel(Array.from({ length: 100 }), 50, () => verify(who, right.otp, right));
    expect(uses.filter((code) => code === undefined)).toHaveLength(1);
  });

  it('hold for a new password too', async () => {
    const who = newMobile();
    await signUp(client, who);
    const { otp, challengeId } = await askChallenge(client, who, '/auth/forgot-password');
    const body = { ...who, challengeId, newPassword: 'a long walk in the rain' };
    for (let guess = 0; guess < 4; guess++)
      expect((await client.post('/auth/reset-password', { ...body, otp: wrong(otp) })).status).toBe(401);
    expect((await client.post('/auth/reset-password', { ...body, otp })).status).toBe(204);
  });
});

describe('wrong guesses without a challenge', () => {
  it('are five for each code that is sent, also when Redis is flushed, and twenty an hour', async () => {
    const who = await opened();
    for (let send = 0; send < 4; send++) {
      await exhaust(who, await askCode(client, who));
      await system.redis.flushdb();
    }
    const otp = await askCode(client, who);
    const { status, body, headers } = await client.post('/auth/verify-otp', { ...who, otp });
    expect([status, body.code]).toEqual([429, 'auth.otp_attempts_exceeded']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(3_000);
    await system.db.query("UPDATE otp_log SET at = at - interval '61 minutes'");
    expect(await verify(who, otp)).toBeUndefined();
  });

  it('count together over the purposes, and for identities without an account', async () => {
    const who = newMobile();
    for (let guess = 0; guess < 5; guess++) {
      const [route, more] =
        guess % 2 ? ['verify-otp', {}] : ['reset-password', { newPassword: 'something else' }];
      const { body } = await client.post(`/auth/${route}`, { ...who, otp: '000000', ...more });
      expect(body.code).toBe('auth.otp_invalid');
    }
    expect(await verify(who, '000000')).toBe('auth.otp_attempts_exceeded');
  });
});
