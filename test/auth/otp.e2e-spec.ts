import { Client } from '../support/client.js';
import { askCode, inParallel, newMobile, signUp, tally, wrong } from '../support/people.js';
import { System } from '../support/system.js';

let system: System;
let client: Client;
beforeAll(async () => {
  system = await System.start({ apis: 2, workers: 0, env: { LOG_LEVEL: 'warn' } });
  client = system.client();
});
afterAll(() => system.stop());

/** An account that waits for its first code. */
async function opened(): Promise<{ mobile: string }> {
  const who = newMobile();
  await client.post('/auth/signup', who);
  return who;
}

/** Guesses wrong as often as it is let. */
async function exhaust(who: { mobile: string }, otp: string): Promise<void> {
  for (let guess = 0; guess < 5; guess++) {
    const { status, body } = await client.post('/auth/verify-otp', { ...who, otp: wrong(otp) });
    expect([status, body.code]).toEqual([401, 'auth.otp_invalid']);
  }
}

describe('a code', () => {
  it('meets at most five of 10,000 guesses from many connections and processes', async () => {
    const who = await opened();
    const otp = await askCode(client, who);
    const guesses = Array.from({ length: 10_000 }, (_, n) => (Number(otp) + 1 + n) % 1_000_000);
    const codes = await inParallel(guesses, 100, async (guess) => {
      const body = { ...who, otp: String(guess).padStart(6, '0') };
      return String((await system.client(guess % 2).post('/auth/verify-otp', body)).body.code);
    });
    // A machine that is too busy answers 503, also without a look at the code.
    const { 'auth.otp_invalid': evaluated, ...refused } = tally(codes);
    expect(evaluated).toBe(5);
    expect(['auth.otp_attempts_exceeded', 'service.unavailable']).toEqual(
      expect.arrayContaining(Object.keys(refused)),
    );
    const { rows } = await system.db.query('SELECT attempts FROM code_guard WHERE identity = $1', [
      who.mobile,
    ]);
    expect(rows).toEqual([{ attempts: 5 }]);
    const right = await client.post('/auth/verify-otp', { ...who, otp });
    expect([right.status, right.body.code]).toEqual([429, 'auth.otp_attempts_exceeded']);
    expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(0);
  }, 120_000);

  it('lets in one of 100 that give it at once', async () => {
    const who = await opened();
    const otp = await askCode(client, who);
    const answers = await inParallel(Array.from({ length: 100 }), 100, () =>
      client.post('/auth/verify-otp', { ...who, otp }),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const { rows } = await system.db.query(
      'SELECT s.id FROM session s JOIN app_user u ON u.id = s.user_id WHERE u.mobile = $1',
      [who.mobile],
    );
    expect(rows).toHaveLength(1);
  });

  it('is good once, and only the newest', async () => {
    const who = await opened();
    const old = await askCode(client, who);
    let otp = await askCode(client, who);
    if (otp === old) otp = await askCode(client, who);
    expect((await client.post('/auth/verify-otp', { ...who, otp: old })).body.code).toBe('auth.otp_invalid');
    expect((await client.post('/auth/verify-otp', { ...who, otp })).status).toBe(200);
    expect((await client.post('/auth/verify-otp', { ...who, otp })).body.code).toBe('auth.otp_invalid');
  });

  it('is good for its purpose only', async () => {
    const who = newMobile();
    const { accessToken } = await signUp(client, who);
    const newPassword = 'a password of no importance';
    const reset = await askCode(client, who, '/auth/forgot-password');
    expect((await client.post('/auth/verify-otp', { ...who, otp: reset })).body.code).toBe(
      'auth.otp_invalid',
    );
    const signIn = await askCode(client, who);
    const wrongPurpose = await client.post('/auth/reset-password', { ...who, otp: signIn, newPassword });
    expect(wrongPurpose.body.code).toBe('auth.otp_invalid');
    expect((await client.as(accessToken).get('/user/me')).body.hasPassword).toBe(false);
    expect((await client.post('/auth/verify-otp', { ...who, otp: signIn })).status).toBe(200);
  });

  it('ends with its time', async () => {
    const who = await opened();
    const otp = await askCode(client, who);
    await system.db.query(
      "UPDATE one_time_code SET expires_at = now() - interval '1 ms' WHERE identity = $1",
      [who.mobile],
    );
    expect((await client.post('/auth/verify-otp', { ...who, otp })).body.code).toBe('auth.otp_invalid');
  });

  it('is stored as a keyed hash only', async () => {
    const who = await opened();
    const otp = await askCode(client, who);
    const { rows } = await system.db.query('SELECT * FROM one_time_code WHERE identity = $1', [who.mobile]);
    expect(
      JSON.stringify({
        ...rows[0],
        id: '',
        user_id: '',
        identity: '',
        expires_at: '',
        ring_at: '',
      }),
    ).not.toContain(otp);
    expect(rows[0].code_hash).toHaveLength(43);
  });

  it.each([{ otp: 123456 }, { otp: null }, {}, { otp: ['123456'] }, { otp: { $ne: 1 } }])(
    'is text: %j is refused as malformed',
    async (body) => {
      const { status, body: problem } = await client.post('/auth/verify-otp', {
        mobile: '+919876543210',
        ...body,
      });
      expect([status, problem.code]).toEqual([400, 'validation.failed']);
    },
  );
});

describe('wrong guesses', () => {
  it('are not forgotten with a new code, nor when Redis is flushed', async () => {
    const who = await opened();
    await exhaust(who, await askCode(client, who));
    const otp = await askCode(client, who);
    await system.redis.flushdb();
    const { status, body } = await client.post('/auth/verify-otp', { ...who, otp });
    expect([status, body.code]).toEqual([429, 'auth.otp_attempts_exceeded']);
  });

  it('count together over the purposes, and for identities without an account', async () => {
    const who = newMobile();
    for (let guess = 0; guess < 5; guess++) {
      const [route, more] =
        guess % 2 ? ['verify-otp', {}] : ['reset-password', { newPassword: 'something else' }];
      const { body } = await client.post(`/auth/${route}`, { ...who, otp: '000000', ...more });
      expect(body.code).toBe('auth.otp_invalid');
    }
    const { body } = await client.post('/auth/verify-otp', { ...who, otp: '000000' });
    expect(body.code).toBe('auth.otp_attempts_exceeded');
  });

  it('are forgotten after a pause, and with the right code', async () => {
    const who = await opened();
    const otp = await askCode(client, who);
    await exhaust(who, otp);
    await system.db.query('UPDATE code_guard SET resets_at = now() WHERE identity = $1', [who.mobile]);
    expect((await client.post('/auth/verify-otp', { ...who, otp })).status).toBe(200);
    await exhaust(who, '000000');
  });

  it('slow the sending to once an hour after a hundred of them in a row', async () => {
    const who = await opened();
    await askCode(client, who);
    await system.db.query('INSERT INTO code_guard (identity) VALUES ($1) ON CONFLICT DO NOTHING', [
      who.mobile,
    ]);
    await system.db.query('UPDATE code_guard SET failures = 96 WHERE identity = $1', [who.mobile]);
    const refused = await client.post('/auth/send-otp', who);
    expect([refused.status, refused.body.code]).toEqual([429, 'auth.otp_cooldown']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_500);
    expect((await client.post('/auth/forgot-password', who)).status).toBe(429);
    const longAgo = "now() - interval '61 minutes'";
    await system.db.query(`UPDATE code_guard SET last_sent_at = ${longAgo} WHERE identity = $1`, [
      who.mobile,
    ]);
    const sent = await Promise.all(
      ['send-otp', 'forgot-password', 'send-otp'].map((r) => client.post(`/auth/${r}`, who)),
    );
    expect(sent.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});

describe('the cooldown', () => {
  let slow: Client;
  beforeAll(async () => {
    slow = new Client((await system.startApi({ OTP_RESEND_SECONDS: '30' })).url);
  });

  it('lets one of many requests through, and says how long to wait', async () => {
    const who = await opened();
    const answers = await Promise.all(Array.from({ length: 20 }, () => slow.post('/auth/send-otp', who)));
    expect(tally(answers.map(({ status }) => status))).toEqual({ 200: 1, 429: 19 });
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body.code).toBe('auth.otp_cooldown');
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThanOrEqual(29);
    expect(answers.find(({ status }) => status === 200)?.body.resendAfterSeconds).toBe(30);
  });

  it('is one for all purposes, and over with the right code', async () => {
    const who = await opened();
    const routes = ['send-otp', 'forgot-password', 'send-otp', 'forgot-password'];
    const answers = await Promise.all(routes.map((route) => slow.post(`/auth/${route}`, who)));
    expect(tally(answers.map(({ status }) => status))).toEqual({ 200: 1, 429: 3 });
    const { otp } = answers.find(({ status }) => status === 200)?.body ?? {};
    const uses = ['verify-otp', 'reset-password'].map((route) =>
      slow.post(`/auth/${route}`, {
        ...who,
        otp,
        ...(route === 'reset-password' && { newPassword: 'a new one, long' }),
      }),
    );
    const used = (await Promise.all(uses)).map(({ status }) => status);
    expect(used.filter((status) => status < 300)).toHaveLength(1);
    expect((await slow.post('/auth/send-otp', who)).status).toBe(200);
  });
});

describe('asking for a code', () => {
  it('says so when there is no account, where codes are shown', async () => {
    const { status, body } = await client.post('/auth/send-otp', newMobile());
    expect([status, body.code]).toEqual([404, 'auth.user_not_found']);
  });

  it.each([{}, { mobile: '+919876543210', email: 'a@example.com' }, { mobile: '' }, { mobile: null }])(
    'wants one identity, not %j',
    async (body) => {
      const { status, body: problem } = await client.post('/auth/send-otp', body);
      expect([status, problem.code]).toEqual([400, 'validation.failed']);
    },
  );
});
