import type { Client } from '../support/client.js';
import {
  askChallenge,
  askCode,
  insist,
  newEmail,
  newMobile,
  signIn,
  signUp,
  tally,
} from '../support/people.js';
import { System } from '../support/system.js';

let system: System;
let client: Client;
beforeAll(async () => {
  system = await System.start({ workers: 0 });
  client = system.client();
});
afterAll(() => system.stop());

const PASSWORD = 'a long walk in the rain';

describe('signing up', () => {
  it('answers the account, not yet verified', async () => {
    const { mobile } = newMobile();
    const { status, body } = await client.post('/auth/signup', { mobile, name: 'Ada 👩‍🚀' });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      mobile,
      email: null,
      name: 'Ada 👩‍🚀',
      hasPassword: false,
      verified: false,
      createdAt: expect.stringMatching(/Z$/),
    });
  });

  it.each([
    ['a national number', '9876543210'],
    ['spaces', '+91 98765 43210'],
    ['an international prefix', '00919876543210'],
    ['full-width digits', '９８７６５４３２１０'],
    ['Arabic digits', '٩٨٧٦٥٤٣٢١٠'],
  ])('knows one number in any writing: %s', async (_, mobile) => {
    await client.post('/auth/signup', { mobile: '+919876543210' });
    const otp = await askCode(client, { mobile });
    const { body } = await client.post('/auth/verify-otp', { mobile, otp });
    expect(body.user.mobile).toBe('+919876543210');
  });

  it('knows one address in upper and lower case, and keeps it as typed', async () => {
    const { email } = newEmail();
    await signUp(client, { email }, { password: PASSWORD });
    const { user } = await signIn(client, { email: email.toUpperCase() });
    expect(user.email).toBe(email);
    const again = await client.post('/auth/signup', { email: email.toLowerCase(), password: PASSWORD });
    expect(again.body.code).toBe('auth.email_taken');
  });

  it('refuses an identity that a verified account has', async () => {
    const who = newMobile();
    await signUp(client, who);
    const { status, body } = await client.post('/auth/signup', who);
    expect([status, body.code]).toEqual([409, 'auth.mobile_taken']);
  });

  it('replaces an unverified account, and leaves its codes to who receives them', async () => {
    const who = newMobile();
    const first = await client.post('/auth/signup', { ...who, name: 'First' });
    const [plain, challenge] = [await askCode(client, who), await askChallenge(client, who)];
    const second = await client.post('/auth/signup', { ...who, name: 'Second', password: PASSWORD });
    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first.body.id);
    for (const code of [challenge, { otp: plain }]) {
      const { status, body } = await client.post('/auth/verify-otp', { ...who, ...code });
      expect([status, body.user]).toEqual([
        200,
        expect.objectContaining({ id: second.body.id, hasPassword: false }),
      ]);
    }
  });

  it('keeps nobody from finishing who asks for one code while others sign up again and again', async () => {
    const who = newMobile();
    const sign = () => insist(() => client.post('/auth/signup', who));
    await sign();
    const [code] = await Promise.all([askChallenge(client, who), ...Array.from({ length: 8 }, sign)]);
    expect((await sign()).status).toBe(201);
    expect((await client.post('/auth/verify-otp', { ...who, ...code })).status).toBe(200);
  });

  describe('naming a stranger’s identity beside one’s own', () => {
    const mine = () => client.post('/auth/signup', { ...attacker, password: PASSWORD });
    let victim: { mobile: string };
    let attacker: { email: string };
    let code: Awaited<ReturnType<typeof askChallenge>>;

    beforeEach(async () => {
      victim = newMobile();
      attacker = newEmail();
      await client.post('/auth/signup', victim);
      code = await askChallenge(client, victim);
      const { status } = await client.post('/auth/signup', { ...attacker, ...victim, password: PASSWORD });
      expect(status).toBe(201);
    });

    it.each([
      ['another sign-up', mine],
      ['a code for one’s own', () => signIn(client, attacker, { password: PASSWORD })],
    ])('and dropping it by %s leaves the stranger the code that was sent', async (_, drop) => {
      await drop();
      const { status, body } = await client.post('/auth/verify-otp', { ...victim, ...code });
      expect([status, body.user]).toEqual([
        200,
        expect.objectContaining({ ...victim, email: null, name: null, hasPassword: false, verified: true }),
      ]);
      const { user } = await signIn(client, victim);
      expect(user.id).toBe(body.user.id);
      expect((await signIn(client, attacker)).user.id).not.toBe(user.id);
    });

    it('and dropping it by another sign-up leaves the stranger signed up', async () => {
      await mine();
      const { user } = await signIn(client, victim, { password: PASSWORD });
      expect(user).toMatchObject({ ...victim, email: null, hasPassword: false });
    });
  });

  it('leaves one account when many sign up at once', async () => {
    const who = { ...newMobile(), email: newEmail().email };
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.post('/auth/signup', who)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    const { rows } = await system.db.query('SELECT id FROM app_user WHERE mobile = $1', [who.mobile]);
    expect(rows).toHaveLength(1);
  });

  it('takes sign-ups at once that share one identity or the other', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [{ mobile }, { email }] = [newMobile(), newEmail()];
      const both = { mobile, email, password: PASSWORD };
      const each = [both, { mobile }, { email, password: PASSWORD }];
      await client.post('/auth/signup', both);
      const answers = await Promise.all([...each, ...each].map((who) => client.post('/auth/signup', who)));
      expect(tally(answers.map(({ status }) => status))).toEqual({ 201: 6 });
      const { rows } = await system.db.query(
        'SELECT count(mobile)::int AS mobiles, count(email_key)::int AS emails FROM app_user WHERE mobile = $1 OR email_key = $2',
        [mobile, email.toLowerCase()],
      );
      expect(rows).toEqual([{ mobiles: 1, emails: 1 }]);
    }
  });

  it.each([
    [{}, 'mobile'],
    [{ mobile: '12345' }, 'mobile'],
    [{ mobile: 9876543210 }, 'mobile'],
    [{ email: 'nobody' }, 'email'],
    [{ email: 'ada@example.com' }, 'password'],
    [{ mobile: '+919876500001', password: 'short' }, 'password'],
    [{ mobile: '+919876500001', password: 'x'.repeat(129) }, 'password'],
    [{ mobile: '+919876500001', password: 'Password1' }, 'password'],
    [{ mobile: '+919876500001', password: 'iloveyou1' }, 'password'],
    [{ mobile: '+919876500001', name: 'x'.repeat(101) }, 'name'],
    [{ mobile: '+919876500001', name: 'a\0b' }, 'name'],
    [{ mobile: '+919876500001', role: 'admin' }, 'role'],
  ])('refuses %j because of %s', async (body, field) => {
    const answer = await client.post('/auth/signup', body);
    expect([answer.status, answer.body.code]).toEqual([400, 'validation.failed']);
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field);
  });

  it('counts the characters of a name as a person does', async () => {
    const name = '𝒜'.repeat(100);
    const { status, body } = await client.post('/auth/signup', { ...newMobile(), name });
    expect([status, body.name]).toEqual([201, name]);
  });
});

describe('a password given at sign-up', () => {
  it('works once it is repeated with the code', async () => {
    const who = newMobile();
    const { user } = await signUp(client, who, { password: PASSWORD });
    expect(user.hasPassword).toBe(true);
    expect((await client.post('/auth/login', { ...who, password: PASSWORD })).status).toBe(200);
  });

  it.each([
    ['without it', {}],
    ['with another', { password: 'another password altogether' }],
  ])('is discarded %s, so that nobody can plant one on the number of another', async (_, more) => {
    const who = newMobile();
    await client.post('/auth/signup', { ...who, password: PASSWORD });
    const { user } = await signIn(client, who, more);
    expect(user.hasPassword).toBe(false);
    for (const password of [PASSWORD, 'another password altogether']) {
      const { status, body } = await client.post('/auth/login', { ...who, password });
      expect([status, body.code]).toEqual([401, 'auth.invalid_credentials']);
    }
    const { user: later } = await signIn(client, who, { password: PASSWORD });
    expect(later.hasPassword).toBe(false);
  });
});

describe('an identity that was not verified', () => {
  it('neither signs in nor blocks anyone', async () => {
    const mine = newMobile();
    const theirs = newEmail();
    await client.post('/auth/signup', { ...mine, ...theirs, password: PASSWORD });
    await signIn(client, mine, { password: PASSWORD });
    const unknown = await client.post('/auth/send-otp', theirs);
    expect([unknown.status, unknown.body.code]).toEqual([404, 'auth.user_not_found']);
    expect((await client.post('/auth/login', { ...theirs, password: PASSWORD })).status).toBe(401);
    const owner = await signUp(client, theirs, { password: 'the owner of the address' });
    expect(owner.user).toMatchObject({ email: theirs.email, mobile: null });
  });
});
