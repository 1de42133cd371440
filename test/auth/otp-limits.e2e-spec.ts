import { Client, type Answer } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { askChallenge, insist, newMobile, signUp, tally, wrong, type Who } from '../support/people.js';
import { System, type Api } from '../support/system.js';

const CAPS = {
  TRUST_PROXY: '1',
  OTP_MAX_SENDS_PER_IDENTITY_PER_HOUR: '5',
  OTP_MAX_SENDS_PER_IDENTITY_PER_DAY: '10',
};
let system: System;
let capped: Client;
/** Without limits, to make accounts. */
let free: Client;
beforeAll(async () => {
  system = await System.start({ workers: 0 });
  free = system.client();
  capped = await apiWith({ ...CAPS, OTP_MAX_NEW_IDENTITIES_PER_DAY: '5' });
});
afterAll(() => system.stop());

const apiWith = async (env: Record<string, string>) => new Client((await system.startApi(env)).url);

async function opened(): Promise<{ mobile: string }> {
  const who = newMobile();
  await insist(() => free.post('/auth/signup', who));
  return who;
}

/** Sends a request as from the n-th address. */
const from = (address: number, client: Client, path: string, body: object): Promise<Answer> =>
  insist(() => client.post(path, body, { headers: { 'X-Forwarded-For': `203.0.113.${address}` } }));
const send = (who: Who, address: number, route = 'send-otp', client = capped) =>
  from(address, client, `/auth/${route}`, who);
const statuses = (answers: Answer[]) => tally(answers.map(({ status }) => status));
const passTime = (time: string) => system.db.query('UPDATE otp_log SET at = at - $1::interval', [time]);
const retryAfter = ({ headers }: Answer) => Number(headers.get('retry-after'));

describe('the cooldown', () => {
  let slow: Client;
  beforeAll(async () => {
    slow = await apiWith({ TRUST_PROXY: '1', OTP_RESEND_SECONDS: '30' });
  });

  it('lets one of many requests through, and says how long to wait', async () => {
    const who = await opened();
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(who, 1, 'send-otp', slow)));
    expect(statuses(answers)).toEqual({ 200: 1, 429: 9 });
    for (const refused of answers.filter(({ status }) => status === 429)) {
      expect(refused.body.code).toBe('auth.otp_cooldown');
      expect(retryAfter(refused)).toBeGreaterThan(20);
    }
    expect(answers.find(({ status }) => status === 200)?.body.resendAfterSeconds).toBe(30);
  });

  it('is one for each purpose and address, and a right code does not end it', async () => {
    const who = await opened();
    const { body } = await send(who, 1, 'send-otp', slow);
    expect((await send(who, 1, 'forgot-password', slow)).status).toBe(200);
    expect((await send(who, 2, 'send-otp', slow)).status).toBe(200);
    const { otp, challengeId } = body;
    expect((await slow.post('/auth/verify-otp', { ...who, otp, challengeId })).status).toBe(200);
    expect((await send(who, 1, 'send-otp', slow)).status).toBe(429);
    await passTime('31 s');
    expect((await send(who, 1, 'send-otp', slow)).status).toBe(200);
  });
});

describe('the caps of an identity', () => {
  it('let five an hour and ten a day through, over all purposes and addresses', async () => {
    const who = await opened();
    const burst = () =>
      Promise.all(Array.from({ length: 12 }, (_, n) => send(who, n, n % 2 ? 'send-otp' : 'forgot-password')));
    const answers = await burst();
    // At most three codes of each purpose are valid at once.
    expect(statuses(answers)).toEqual({ 200: 5, 429: 7 });
    const refused = answers.find(({ status }) => status === 429) as Answer;
    expect([refused.body.code, retryAfter(refused) > 0]).toEqual(['auth.otp_cooldown', true]);
    await expire(who);
    const hourly = await send(who, 40);
    expect([hourly.status, retryAfter(hourly) > 3_000]).toEqual([429, true]);
    await passTime('61 minutes');
    expect(statuses(await burst())).toEqual({ 200: 5, 429: 7 });
    await expire(who);
    await passTime('61 minutes');
    const daily = await send(who, 40);
    expect([daily.status, retryAfter(daily) > 70_000]).toEqual([429, true]);
    await passTime('23 hours');
    expect((await send(who, 40)).status).toBe(200);
  });

  it('are reset neither by right codes nor with the account', async () => {
    const who = newMobile();
    await signUp(free, who);
    for (let n = 0; n < 4; n++) {
      const { body } = await send(who, 1);
      const signedIn = await insist(() => capped.post('/auth/verify-otp', { ...who, ...codeOf(body) }));
      expect(signedIn.status).toBe(200);
      if (n < 3) continue;
      const mine = capped.as(signedIn.body.accessToken);
      expect((await mine.delete('/user/me', { confirm: 'delete my account' })).status).toBe(204);
    }
    await free.post('/auth/signup', who);
    expect((await send(who, 1)).status).toBe(429);
  });

  it('leave the codes good that were sent, to whoever asked for them', async () => {
    const who = newMobile();
    await signUp(free, who);
    const mine = await askChallenge(free, who);
    const others = [];
    for (let address = 10; address < 20; address++) others.push(await send(who, address));
    expect(statuses(others)[200]).toBe(2);
    const signedIn = await capped.post('/auth/verify-otp', { ...who, ...mine });
    expect(signedIn.status).toBe(200);
    // A code that somebody else asked for arrives at the owner, who needs no challenge to use it.
    const { otp } = others[0]?.body ?? {};
    expect((await capped.post('/auth/verify-otp', { ...who, otp })).status).toBe(200);
  });

  const expire = ({ mobile }: { mobile: string }) =>
    system.db.query('UPDATE otp_challenge SET expires_at = now() WHERE identity = $1', [mobile]);
  const codeOf = ({ otp, challengeId }: any) => ({ otp, challengeId });
});

describe('guesses from several addresses', () => {
  it('without a challenge are five for each address and twenty in all; a challenge is left alone', async () => {
    const who = await opened();
    const { otp, challengeId } = await askChallenge(free, who);
    const guesses = Array.from({ length: 30 }, (_, n) =>
      from(n % 5, capped, '/auth/verify-otp', { ...who, otp: wrong(otp) }),
    );
    expect(statuses(await Promise.all(guesses))).toEqual({ 401: 20, 429: 10 });
    expect((await capped.post('/auth/verify-otp', { ...who, otp, challengeId })).status).toBe(200);
  });
});

describe('the identities that an account asks to have', () => {
  it('are five a day, taken ones included; one of them may be asked for again', async () => {
    const { accessToken } = await signUp(free);
    const me = capped.as(accessToken);
    const taken = newMobile();
    await signUp(free, taken);
    const wanted = Array.from({ length: 8 }, (_, n) => (n === 0 ? taken : newMobile()));
    const answers = [];
    for (const who of wanted) answers.push(await insist(() => me.post('/user/me/identity', who)));
    expect(statuses(answers)).toEqual({ 200: 4, 409: 1, 429: 3 });
    expect(answers.at(-1)?.body.code).toBe('auth.otp_cooldown');
    expect(retryAfter(answers.at(-1) as Answer)).toBeGreaterThan(80_000);
    expect((await me.post('/user/me/identity', wanted[3])).status).toBe(200);
    const other = capped.as((await signUp(free)).accessToken);
    expect((await other.post('/user/me/identity', newMobile())).status).toBe(200);
  });

  it('are five of ten that are asked for at once', async () => {
    const me = capped.as((await signUp(free)).accessToken);
    const wanted = Array.from({ length: 10 }, newMobile);
    const asked = wanted.map((who) => insist(() => me.post('/user/me/identity', who)));
    expect(statuses(await Promise.all(asked))).toEqual({ 200: 5, 429: 5 });
  });

  it('have guesses of their own, which count for no one else', async () => {
    const [a, b] = [await signUp(free), await signUp(free)].map(({ accessToken }) => free.as(accessToken));
    const [first, second] = [newMobile(), newMobile()];
    const code = await askChallenge(a as Client, first, '/user/me/identity');
    const other = await askChallenge(a as Client, second, '/user/me/identity');
    const verify = (me: Client | undefined, who: Who, more: object) =>
      insist(() => (me as Client).post('/user/me/identity/verify', { ...who, ...more })).then(
        ({ status }) => status,
      );
    for (let guess = 0; guess < 5; guess++)
      expect(await verify(b, first, { otp: wrong(code.otp) })).toBe(401);
    expect(await verify(b, first, { otp: wrong(code.otp) })).toBe(429);
    for (let guess = 0; guess < 5; guess++)
      expect(await verify(a, second, { ...other, otp: wrong(other.otp) })).toBe(401);
    expect(await verify(a, second, other)).toBe(429);
    expect(await verify(a, first, { otp: code.otp })).toBe(200);
  });
});

describe('the budget of the service', () => {
  let api: Api;
  let limited: Client;
  beforeAll(async () => {
    api = await system.startApi({ OTP_MAX_SENDS_PER_HOUR: '10' });
    limited = new Client(api.url);
  });
  /** An hour of its own, so that the test does not meet the end of one. */
  const spend = async (sends: number) => {
    await system.db.query('TRUNCATE otp_budget');
    await system.db.query(
      `INSERT INTO otp_budget SELECT date_trunc('hour', now(), 'UTC') + n * interval '1 hour', $1
       FROM generate_series(0, 1) n`,
      [sends],
    );
  };
  const spent = async () =>
    (await system.db.query('SELECT max(sends) AS sends FROM otp_budget')).rows[0].sends;
  const alerts = () => api.output.split('\n').filter((line) => line.includes('"alert":"otp.budget"'));

  it('is exact, and past 80 % there is one alert', async () => {
    await spend(6);
    const people = await Promise.all(Array.from({ length: 8 }, () => opened()));
    await Promise.all(people.map((who) => limited.post('/auth/send-otp', who)));
    // A busy machine answers 503 too: those that it refused are asked again, until nothing is left.
    await eventually('the budget is spent', async () => {
      await limited.post('/auth/send-otp', await opened());
      return (await spent()) === 10;
    });
    const refused = await limited.post('/auth/send-otp', await opened());
    expect([refused.status, refused.body.code]).toEqual([503, 'service.unavailable']);
    expect(retryAfter(refused)).toBeGreaterThan(0);
    expect(await spent()).toBe(10);
    const [alert] = await eventually('the alert', () => alerts().length > 0 && alerts());
    expect(alerts()).toHaveLength(1);
    for (const fact of [/ERROR|"level":50/, /"sends":9\b/, /"budget":10\b/]) expect(alert).toMatch(fact);
  });

  it('leaves the sign-in of known accounts, and nothing else', async () => {
    const who = newMobile();
    const { accessToken } = await signUp(free, who);
    await spend(10);
    expect((await insist(() => limited.post('/auth/send-otp', who))).status).toBe(200);
    expect((await limited.post('/auth/send-otp', await opened())).status).toBe(503);
    expect((await limited.post('/auth/forgot-password', who)).status).toBe(503);
    expect((await limited.as(accessToken).post('/user/me/identity', newMobile())).status).toBe(503);
  });
});
