import { randomBytes } from 'node:crypto';
import { eventually } from '../support/eventually.js';
import { WebhookGateway } from '../support/otp-gateways.js';
import { newMobile } from '../support/people.js';
import { System } from '../support/system.js';

const CANARY = `canary-${randomBytes(8).toString('hex')}`;
const OLD = `${CANARY}-old-password`;
const NEW = `${CANARY}-new-password`;

let system: System;
let gateway: WebhookGateway;
const secrets = new Set<string>([CANARY]);
const codes = new Set<string>();
let userId: string;
let sessionId: string;
beforeAll(async () => {
  gateway = await WebhookGateway.start();
  system = await System.start({
    env: {
      LOG_LEVEL: 'trace',
      OTP_DELIVERY: 'webhook',
      OTP_WEBHOOK_URL: gateway.url,
      OTP_WEBHOOK_SECRET: `${CANARY}-webhook-secret`,
      AUTH_RATE_LIMIT_PER_MINUTE: '60',
      OTP_MAX_SENDS_PER_IDENTITY_PER_HOUR: '3',
    },
  });
  await live();
}, 60_000);
afterAll(async () => {
  await (system as System | undefined)?.stop();
  await gateway.stop();
});

const log = () => [...system.apis, ...system.workers].map(({ output }) => output).join('\n');

async function codeFor(mobile: string, route: string, client = system.client()): Promise<string> {
  // Notices come meanwhile, too.
  const codesTo = () => gateway.to(mobile).filter(({ body }) => body.code !== undefined);
  const before = codesTo().length;
  await client.post(route, { mobile });
  const sent = await eventually('the code', () => codesTo()[before]);
  codes.add(sent.body.code);
  return sent.body.code;
}

function keep(tokens: any): any {
  for (const part of [tokens.accessToken, tokens.refreshToken, tokens.accessToken.split('.')[2]])
    secrets.add(part);
  return tokens;
}

/** Everything a person may do with a secret, right and wrong. */
async function live(): Promise<void> {
  const client = system.client();
  const who = newMobile();
  await client.post('/auth/signup', { ...who, password: OLD, name: `${CANARY}-name` });
  await client.post('/auth/verify-otp', { ...who, otp: '000000' });
  const otp = await codeFor(who.mobile, '/auth/send-otp');
  const first = keep((await client.post('/auth/verify-otp', { ...who, otp, password: OLD })).body);
  userId = first.user.id;
  const { rows } = await system.db.query('SELECT * FROM app_user WHERE id = $1', [userId]);
  secrets.add(rows[0].password_hash);
  await client.post('/auth/login', { ...who, password: `${CANARY}-wrong` });
  keep((await client.post('/auth/login', { ...who, password: OLD })).body);
  const second = keep((await client.post('/auth/refresh', { refreshToken: first.refreshToken })).body);
  await system.db.query(
    "UPDATE session SET spent = (SELECT jsonb_object_agg(key, 0) FROM jsonb_each(spent)) WHERE spent <> '{}'",
  );
  await client.post('/auth/refresh', { refreshToken: first.refreshToken });
  await client.as(second.accessToken).get(`/user/me?token=${CANARY}-query`);
  const third = keep((await client.post('/auth/login', { ...who, password: OLD })).body);
  sessionId = JSON.parse(Buffer.from(third.accessToken.split('.')[1], 'base64url').toString()).sid;
  const me = client.as(third.accessToken);
  await me.post('/auth/change-password', { currentPassword: `${CANARY}-wrong`, newPassword: NEW });
  await me.post('/auth/change-password', { currentPassword: OLD, newPassword: NEW });
  const room = await me.post('/chatroom', { title: `${CANARY}-title` });
  await me.post(`/chatroom/${room.body.id}/message?wait=5`, { content: `${CANARY}-content` });
  const malformed = { method: 'POST', headers: { 'Content-Type': 'application/json' } };
  await fetch(`${client.url}/auth/login`, { ...malformed, body: `{"password":"${CANARY}` });
  await client.post('/auth/login', { ...who, password: { [CANARY]: CANARY } });
  await client.post('/auth/signup', { email: `${CANARY}@example.com`, password: OLD });
  await me.post('/user/me/identity', who);
  await client.post('/auth/signup', who);
  await me.delete('/auth/sessions');
  await me.post('/auth/logout');
  const reset = await codeFor(who.mobile, '/auth/forgot-password');
  await client.post('/auth/reset-password', { ...who, otp: reset, newPassword: OLD });
  const { rows: sessions } = await system.db.query(
    'SELECT refresh_hash FROM session UNION SELECT jsonb_object_keys(spent) FROM session',
  );
  const { rows: stored } = await system.db.query('SELECT code_hash, sealed_code FROM otp_challenge');
  for (const value of [...sessions, ...stored].flatMap(Object.values)) if (value) secrets.add(String(value));
  await changeAndDelete();
  for (let n = 0; n < 60; n++) await client.post('/auth/login', { ...who, password: OLD });
}

async function changeAndDelete(): Promise<void> {
  const me = await system.signedIn();
  const next = newMobile();
  const otp = await codeFor(next.mobile, '/user/me/identity', me);
  await me.post('/user/me/identity/verify', { ...next, otp });
  for (let n = 0; n < 3; n++) await system.client().post('/auth/send-otp', next);
  await me.delete('/user/me', { confirm: 'delete my account' });
}

describe('the log', () => {
  it('tells every event that bears on who can enter: who, what, from where, and of which request', async () => {
    const events = [
      'account.signed_up',
      'account.deleted',
      'identity.changed',
      'identity.refused',
      'otp.sent',
      'otp.refused',
      'sign_in.failed',
      'sign_in.succeeded',
      'session.refreshed',
      'session.refresh_reused',
      'session.revoked',
      'access.refused',
      'password.refused',
      'password.changed',
      'password.reset',
      'rate_limit.exceeded',
    ];
    for (const event of events) {
      const line = await eventually(event, () =>
        log()
          .split('\n')
          .find((each) => each.includes(`"audit":"${event}"`)),
      );
      expect(line).toMatch(/"ip":"127\.0\.0\.1"/);
      expect(line).toMatch(/"requestId":"[\w-]{36}"/);
    }
    const signedIn = log()
      .split('\n')
      .find((each) => each.includes(sessionId) && each.includes('sign_in.succeeded'));
    expect(signedIn).toContain(userId);
  });

  it('contains no token, code, password, hash or content', () => {
    const text = log();
    expect(text.length).toBeGreaterThan(10_000);
    expect(secrets.size).toBeGreaterThan(12);
    const leaked = [...secrets].filter((secret) => text.includes(secret));
    expect(leaked).toEqual([]);
    expect(codes.size).toBe(3);
    for (const code of codes) expect(text).not.toMatch(new RegExp(`(?<![\\w.:-])${code}(?![\\w.-])`));
    expect(text).not.toContain('$argon2');
    expect(text).not.toMatch(/eyJ[\w-]{10,}\./);
  });
});
