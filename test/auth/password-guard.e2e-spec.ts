import { Client } from '../support/client.js';
import { inParallel, newMobile, signIn, signUp, tally, type Who } from '../support/people.js';
import { System } from '../support/system.js';

let system: System;
let client: Client;
let other: Client;
beforeAll(async () => {
  system = await System.start({ apis: 2, workers: 0, env: { TRUST_PROXY: '1' } });
  client = system.client(0);
  other = system.client(1);
});
afterAll(() => system.stop());

const PASSWORD = 'a long walk in the rain';
const login = (who: Who, more: object = {}, from = client) =>
  from.post('/auth/login', { ...who, password: 'not the password', ...more });
const right = { password: PASSWORD };

/** Guesses at both processes at once, each from an address of its own. */
const guess = (who: Who, times: number) =>
  inParallel(
    Array.from({ length: times }, (_, n) => n),
    times,
    (n) =>
      (n % 2 ? client : other).post(
        '/auth/login',
        { ...who, password: `guess number ${n}` },
        { headers: { 'X-Forwarded-For': `198.51.100.${n}` } },
      ),
  );

/** Guesses until the next guess has to wait. @returns how many were evaluated */
async function exhaust(who: Who, more: object = {}): Promise<number> {
  for (let evaluated = 0; ;) {
    const { status } = await login(who, more, evaluated % 2 ? client : other);
    if (status === 429) return evaluated;
    if (status === 401) evaluated++;
  }
}

/** Lets the pauses of an identity pass. */
const pass = (who: { mobile: string }) =>
  system.db.query('UPDATE password_guard SET next_at = now() WHERE subject = $1', [who.mobile]);

describe('guesses at a password', () => {
  it.each([
    ['an account', async () => (await signUp(client, newMobile(), right)).user as { mobile: string }],
    ['a number without an account', async () => newMobile()],
  ])(
    'at %s are evaluated ten times, though 152 come at once from 152 addresses',
    async (_, make) => {
      const { mobile } = await make();
      const who = { mobile };
      const answers = await guess(who, 152);
      const statuses = tally(answers.map(({ status }) => status));
      expect(statuses['401']).toBeLessThanOrEqual(10);
      expect((statuses['429'] ?? 0) + (statuses['503'] ?? 0)).toBe(152 - (statuses['401'] ?? 0));
      const refused = answers.find(({ status }) => status === 429);
      expect([refused?.body.code, Number(refused?.headers.get('retry-after')) >= 1]).toEqual([
        'rate_limit.exceeded',
        true,
      ]);
    },
    120_000,
  );

  it('keep the next one waiting for longer and longer', async () => {
    const who = newMobile();
    expect(await exhaust(who)).toBe(10);
    const waits: number[] = [];
    for (let n = 0; n < 4; n++) {
      waits.push(Number((await login(who)).headers.get('retry-after')));
      await pass(who);
      expect((await login(who)).status).toBe(401);
    }
    const minutes = waits.map((seconds) => Math.ceil(seconds / 60));
    expect(minutes).toEqual([1, 2, 4, 8]);
  });

  it('count for an hour after the last one', async () => {
    const who = newMobile();
    for (let n = 0; n < 9; n++) await login(who);
    await system.db.query('UPDATE password_guard SET resets_at = now() WHERE subject = $1', [who.mobile]);
    expect(await exhaust(who)).toBe(10);
  });

  it('are forgotten after the right one', async () => {
    const { user } = await signUp(client, newMobile(), right);
    const who = { mobile: user.mobile };
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 6; n++) expect((await login(who)).status).toBe(401);
      expect((await login(who, right)).status).toBe(200);
    }
  });
});

describe('a device that signed in before', () => {
  it('signs in while strangers guess, also after its session ended, and has a count of its own', async () => {
    const who = newMobile();
    const tokens = await signUp(client, who, right);
    const { body: next } = await client.post('/auth/refresh', { refreshToken: tokens.refreshToken });
    await client.as(next.accessToken).post('/auth/logout');
    await exhaust(who);
    const knownDevice = next.refreshToken;
    expect((await login(who, right)).status).toBe(429);
    expect((await login(who, { ...right, knownDevice }, other)).status).toBe(200);
    expect((await login(who, right)).status).toBe(429);
    expect(await exhaust(who, { knownDevice })).toBe(10);
  });

  it('is one of that account, not of another, and not an invented one', async () => {
    const who = newMobile();
    await signUp(client, who, right);
    const stranger = await signUp(client);
    await exhaust(who);
    const forged = Buffer.from((await signIn(client, who)).refreshToken, 'base64url');
    forged[0] = (forged[0] ?? 0) ^ 1;
    for (const knownDevice of [stranger.refreshToken, forged.toString('base64url'), 'x', ''])
      expect((await login(who, { ...right, knownDevice })).status).toBe(429);
  });
});

describe('the queue of password checks', () => {
  it('has at most 40 waiting in a process: the others are told to come again', async () => {
    const answers = await inParallel([...Array(200).keys()], 200, () => login(newMobile()));
    const refused = answers.filter(({ status }) => status === 503);
    expect(tally(answers.map(({ status }) => status))).toEqual({
      401: 200 - refused.length,
      503: refused.length,
    });
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.headers.get('retry-after')).toBe('2');
  });
});
