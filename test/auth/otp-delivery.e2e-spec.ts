import { createHmac, randomUUID } from 'node:crypto';
import { TwilioChannel } from '../../src/infra/otp-delivery/twilio.channel.js';
import { Client, type Answer } from '../support/client.js';
import { eventually, inTime } from '../support/eventually.js';
import { MailServer, WebhookGateway } from '../support/otp-gateways.js';
import { newEmail, newMobile } from '../support/people.js';
import { System } from '../support/system.js';

const SECRET = 'the secret of the gateway';
let system: System;
let client: Client;
let gateway: WebhookGateway;
let mail: MailServer;
beforeAll(async () => {
  gateway = await WebhookGateway.start();
  mail = await MailServer.start();
  system = await System.start({
    env: {
      OTP_DELIVERY: 'webhook',
      OTP_WEBHOOK_URL: gateway.url,
      OTP_WEBHOOK_SECRET: SECRET,
      SMTP_URL: mail.url,
    },
  });
  client = system.client();
});
afterAll(async () => {
  await system.stop();
  await gateway.stop();
  await mail.stop();
});

async function opened(): Promise<{ mobile: string }> {
  const who = newMobile();
  await client.post('/auth/signup', who);
  return who;
}

const rowOf = async (identity: string) =>
  (await system.db.query('SELECT * FROM otp_challenge WHERE identity = $1 ORDER BY sent_at DESC', [identity]))
    .rows[0];

const delivered = (address: string, count = 1) =>
  eventually(`${count} deliveries`, () => gateway.to(address).length >= count && gateway.to(address));

describe('by webhook', () => {
  it('a code arrives signed, and signs in; afterwards there is only its hash', async () => {
    const who = await opened();
    const { status, body } = await client.post('/auth/send-otp', who);
    const challengeId = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect([status, body]).toEqual([200, { challengeId, expiresInSeconds: 300, resendAfterSeconds: 0 }]);
    const [{ headers, text, body: message } = { headers: {}, text: '', body: {} }] = await delivered(
      who.mobile,
    );
    const [, time, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-signature'])) ?? [];
    expect(signature).toBe(createHmac('sha256', SECRET).update(`${time}.${text}`).digest('hex'));
    expect(Math.abs(Date.now() / 1000 - Number(time))).toBeLessThan(30);
    expect(message).toMatchObject({ channel: 'mobile', to: who.mobile, purpose: 'sign_in' });
    await eventually('the code is forgotten', async () => (await rowOf(who.mobile)).sealed_code === null);
    const signedIn = await client.post('/auth/verify-otp', { ...who, otp: message.code });
    expect(signedIn.status).toBe(200);
  });

  it('an unknown identity is answered alike, is limited alike, and nothing is sent', async () => {
    const { url } = await system.startApi({ OTP_MAX_SENDS_PER_IDENTITY_PER_HOUR: '4' });
    const capped = new Client(url);
    const [unknown, known] = [newMobile(), await opened()];
    for (const route of ['send-otp', 'forgot-password', 'send-otp', 'forgot-password', 'send-otp']) {
      const [one, other] = [
        await capped.post(`/auth/${route}`, unknown),
        await capped.post(`/auth/${route}`, known),
      ];
      expect(alike(one)).toEqual(alike(other));
    }
    await delivered(known.mobile, 4);
    await eventually(
      'nothing is left to deliver',
      async () =>
        (
          await system.db.query('SELECT FROM otp_challenge WHERE identity = $1 AND sealed_code IS NOT NULL', [
            unknown.mobile,
          ])
        ).rowCount === 0,
    );
    expect(gateway.to(unknown.mobile)).toHaveLength(0);
    for (const who of [unknown, known]) {
      const { challengeId } = (await client.post('/auth/send-otp', who)).body;
      const guesses = [];
      for (let guess = 0; guess < 6; guess++)
        guesses.push((await client.post('/auth/verify-otp', { ...who, challengeId, otp: 'wrong' })).status);
      expect(guesses).toEqual([401, 401, 401, 401, 401, 429]);
    }
  });

  /** An answer without what differs between any two. */
  const alike = ({ status, body }: Answer) => {
    const { challengeId, requestId: _, ...rest } = body;
    return { status, ...rest, challengeId: typeof challengeId };
  };

  it('an identity of another account is answered as a free one, and its owner is told', async () => {
    const [owner, me] = [await system.signedIn(), await system.signedIn()];
    const taken = { mobile: owner.user.mobile };
    const answers = [
      await me.post('/user/me/identity', taken),
      await me.post('/user/me/identity', newMobile()),
    ];
    const [one, other] = answers.map(alike);
    expect(one).toEqual(other);
    expect(one?.status).toBe(200);
    const [{ body: notice } = { body: {} }] = await delivered(taken.mobile);
    expect(notice).toMatchObject({ notice: 'identity_taken_attempt', to: taken.mobile });
    const { challengeId } = answers[0]?.body ?? {};
    const guess = await me.post('/user/me/identity/verify', { ...taken, challengeId, otp: '123456' });
    expect([guess.status, guess.body.code]).toEqual([401, 'auth.otp_invalid']);
    expect(gateway.to(taken.mobile)).toHaveLength(1);
  });

  it('an identity that the account has already is refused, and nobody is told of an attempt', async () => {
    const me = await system.signedIn();
    const own = { mobile: me.user.mobile };
    const { status, body } = await me.post('/user/me/identity', own);
    expect([status, body.code, body.detail]).toEqual([
      409,
      'auth.mobile_taken',
      'This account has it already.',
    ]);
    const { rows } = await system.db.query('SELECT FROM notice WHERE address = $1', [own.mobile]);
    expect(rows).toHaveLength(0);
    expect(gateway.to(own.mobile)).toHaveLength(0);
  });

  it('what fails is tried again, with the same id, until it arrives', async () => {
    const who = await opened();
    gateway.answers = [503, 429];
    await client.post('/auth/send-otp', who);
    const deliveries = await delivered(who.mobile, 3);
    expect(new Set(deliveries.map(({ headers }) => headers['x-delivery-id'])).size).toBe(1);
    await eventually('it is done', async () => (await rowOf(who.mobile)).sealed_code === null);
    expect((await client.post('/auth/verify-otp', { ...who, otp: deliveries[0]?.body.code })).status).toBe(
      200,
    );
  });

  it('is given up after five attempts, or when it is refused for good', async () => {
    const who = await opened();
    gateway.answers = [400];
    await client.post('/auth/send-otp', who);
    await delivered(who.mobile);
    await eventually('it is given up', async () => (await rowOf(who.mobile)).sealed_code === null);
    const stubborn = await opened();
    gateway.answers = Array.from({ length: 5 }, () => 500);
    await client.post('/auth/send-otp', stubborn);
    await eventually(
      'it is given up',
      async () => (await rowOf(stubborn.mobile)).sealed_code === null,
      40_000,
    );
    expect(gateway.to(stubborn.mobile)).toHaveLength(5);
  }, 60_000);

  it('until it is delivered a code is kept encrypted, and a hung gateway delays nobody', async () => {
    const who = await opened();
    gateway.answers = [0];
    await inTime(2_000, () => client.post('/auth/send-otp', who));
    const [first] = await delivered(who.mobile);
    const { sealed_code: sealed, code_hash: hash } = await rowOf(who.mobile);
    expect(sealed).toEqual(expect.any(String));
    const stored = Buffer.from(sealed, 'base64url').toString('latin1') + sealed + hash;
    expect(stored).not.toContain(first?.body.code);
    await delivered(who.mobile, 2);
  });

  it('a code is delivered although Redis lost its job', async () => {
    const who = await opened();
    const [worker] = system.workers;
    await worker?.signal('SIGSTOP');
    await client.post('/auth/send-otp', who);
    await system.redis.flushdb();
    await worker?.signal('SIGCONT');
    await delivered(who.mobile);
  });
});

describe('by email', () => {
  it('a code arrives at the address as it was signed up, and signs in', async () => {
    const who = { email: `Ada.${randomUUID()}@example.com` };
    await client.post('/auth/signup', { ...who, password: 'a password of no importance' });
    await client.post('/auth/send-otp', { email: who.email.toLowerCase() });
    const { text } = await eventually('the mail', () => mail.mails.find(({ to }) => to === who.email));
    const otp = /\b\d{6}\b/.exec(text.split('\n\n')[1] ?? '')?.[0];
    expect((await client.post('/auth/verify-otp', { ...who, otp })).status).toBe(200);
    expect(gateway.to(who.email)).toHaveLength(0);
  });

  it('is refused at sign-up where no mail can be sent', async () => {
    const { url } = await system.startApi({ SMTP_URL: '' });
    const without = new Client(url);
    const { status, body } = await without.post('/auth/signup', {
      ...newEmail(),
      password: 'a password of no importance',
    });
    expect([status, body.errors[0].field]).toEqual([400, 'email']);
  });
});

describe('by Twilio', () => {
  const message = {
    id: 'x',
    kind: 'mobile',
    address: '+919876543210',
    otp: '123456',
    purpose: 'sign_in',
    validFor: 5,
  } as const;
  /** The SDK builds the request and reads the answer; only the wire is ours. */
  const channel = (status: number, body: object, sent: any[] = []) =>
    new TwilioChannel({
      accountSid: 'AC00000000000000000000000000000000',
      authToken: 'token',
      from: '+15550006789',
      httpClient: {
        request: async (request: unknown) => {
          sent.push(request);
          return { statusCode: status, body, headers: {} };
        },
      } as any,
    });

  it('sends the text from our number', async () => {
    const sent: any[] = [];
    await channel(201, { sid: 'SM1' }, sent).deliver(message);
    expect(sent).toHaveLength(1);
    expect(sent[0].uri).toMatch(/Accounts\/AC0+\/Messages.json$/);
    expect(sent[0].data).toMatchObject({ To: '+919876543210', From: '+15550006789' });
    expect(sent[0].data.Body).toContain('123456');
  });

  it.each([
    [400, true],
    [429, false],
    [500, false],
  ])('takes a refusal with %s as final: %s', async (status, permanent) => {
    const refusal = channel(status, { code: 21211, message: 'no', status }).deliver(message);
    await expect(refusal).rejects.toMatchObject({
      permanent,
      message: expect.not.stringContaining('123456'),
    });
  });
});
