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
} from '../support/people.js';
import { System } from '../support/system.js';

let system: System;
let client: Client;
beforeAll(async () => {
  system = await System.start({ apis: 2, workers: 0, env: { LOG_LEVEL: 'warn' } });
  client = system.client();
});
afterAll(() => system.stop());

const opened = () => openAccount(client);
const verify = (who: { mobile: string }, otp: string, more: { challengeId?: string } = {}, from = client) =>
  verifyCode(from, who, { ...more, otp });

describe('a code', () => {
  it('meets at most five of 3,000 guesses from many connections and processes', async () => {
    const who = await opened();
    const otp = await askCode(client, who);
    const guesses = Array.from({ length: 3_000 }, (_, n) => (Number(otp) + 1 + n) % 1_000_000);
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

  it('is good once, and leaves two that were sent before good', async () => {
    const who = await opened();
    const sent = [];
    for (let n = 0; n < 4; n++) sent.push(await askChallenge(client, who));
    const [voided, ...valid] = sent;
    // The fourth of one address replaces its first.
    expect(await verify(who, voided?.otp ?? '', voided)).toBe('auth.otp_invalid');
    for (const { otp, challengeId } of valid) {
      expect(await verify(who, otp, { challengeId })).toBeUndefined();
      expect(await verify(who, otp, { challengeId })).toBe('auth.otp_invalid');
    }
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
      "UPDATE otp_challenge SET expires_at = now() - interval '1 ms' WHERE identity = $1",
      [who.mobile],
    );
    expect((await client.post('/auth/verify-otp', { ...who, otp })).body.code).toBe('auth.otp_invalid');
  });

  it('is stored as a keyed hash only', async () => {
    const who = await opened();
    const otp = await askCode(client, who);
    const { rows } = await system.db.query('SELECT * FROM otp_challenge WHERE identity = $1', [who.mobile]);
    expect(
      JSON.stringify({
        ...rows[0],
        id: '',
        user_id: '',
        identity: '',
        origin: '',
        sent_at: '',
        expires_at: '',
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

describe('a code as people type it', () => {
  it.each([
    ['a space', (otp: string) => `${otp.slice(0, 3)} ${otp.slice(3)}`],
    ['a hyphen', (otp: string) => `${otp.slice(0, 3)}-${otp.slice(3)}`],
    ['Arabic-Indic digits', (otp: string) => shifted(otp, 0x660)],
    ['full-width digits', (otp: string) => shifted(otp, 0xff10)],
    ['direction marks', (otp: string) => `\u200e${otp}\u202c`],
  ])('with %s is right', async (_, typed) => {
    const who = await opened();
    const { otp, challengeId } = await askChallenge(client, who);
    expect(await verify(who, typed(otp), { challengeId })).toBeUndefined();
    expect(await verify(who, typed(await askCode(client, who)))).toBeUndefined();
  });

  const shifted = (otp: string, zero: number) =>
    [...otp].map((digit) => String.fromCodePoint(zero + Number(digit))).join('');
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
