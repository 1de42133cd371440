import { createHmac, createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import type { Client } from '../support/client.js';
import { inParallel, newMobile, signUp } from '../support/people.js';
import { System } from '../support/system.js';

let system: System;
let client: Client;
let tokens: any;
let routes: { method: string; path: string }[];
let secret: string;
beforeAll(async () => {
  system = await System.start({ workers: 0, env: { LOG_LEVEL: 'warn' } });
  client = system.client();
  secret = system.env.JWT_SECRET ?? '';
  tokens = await signUp(client, newMobile());
  const { body: document } = await client.get('/docs-json');
  routes = Object.entries<Record<string, any>>(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.security?.some((one: object) => 'bearer' in one))
      .map(([method]) => ({
        method: method.toUpperCase(),
        path: path.replace(/\{\w+\}/g, () => randomUUID()),
      })),
  );
});
afterAll(() => system.stop());

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const HEADER = { alg: 'HS256', typ: 'JWT' };

interface Signing {
  header?: object;
  key?: string;
  hash?: string;
}

function sign(claims: unknown, { header = HEADER, key = secret, hash = 'sha256' }: Signing = {}): string {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${createHmac(hash, key).update(text).digest('base64url')}`;
}

function hostile(): Record<string, string> {
  const good = JSON.parse(Buffer.from(tokens.accessToken.split('.')[1], 'base64url').toString());
  const [head, body, signature] = tokens.accessToken.split('.');
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const rsText = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(good)}`;
  const without = (name: string) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));
  const now = Math.floor(Date.now() / 1000);
  const flipped = Buffer.from(signature, 'base64url');
  flipped[0] = (flipped[0] ?? 0) ^ 1;
  return {
    'no text': '',
    'a word': 'token',
    'two dots': '..',
    'two parts': `${head}.${body}`,
    'four parts': `${tokens.accessToken}.x`,
    'no signature': `${head}.${body}.`,
    'a changed signature': `${head}.${body}.${flipped.toString('base64url')}`,
    'a cut signature': tokens.accessToken.slice(0, -4),
    'another body under the signature': `${head}.${encode({ ...good, sub: randomUUID() })}.${signature}`,
    'alg none': `${encode({ alg: 'none', typ: 'JWT' })}.${body}.`,
    'alg None': `${encode({ alg: 'None', typ: 'JWT' })}.${body}.${signature}`,
    'alg none, signed': sign(good, { header: { alg: 'none', typ: 'JWT' } }),
    'no alg': sign(good, { header: { typ: 'JWT' } }),
    HS384: sign(good, { header: { alg: 'HS384', typ: 'JWT' }, hash: 'sha384' }),
    HS512: sign(good, { header: { alg: 'HS512', typ: 'JWT' }, hash: 'sha512' }),
    'RS256 by a stranger': `${rsText}.${createSign('sha256').update(rsText).sign(privateKey).toString('base64url')}`,
    'HS256 with a public key': sign(good, { key: publicPem }),
    'another secret': sign(good, { key: 'another-signing-key-of-nobody-0123456789' }),
    'an empty secret': sign(good, { key: '' }),
    'a jku': sign(good, { header: { ...HEADER, jku: 'https://example.com/jwks' }, key: 'x'.repeat(32) }),
    'a jku, signed by us': sign(good, { header: { ...HEADER, jku: 'https://example.com/jwks' } }),
    'a jwk': sign(good, {
      header: { ...HEADER, jwk: { kty: 'oct', k: encode('x'.repeat(32)) } },
      key: 'x'.repeat(32),
    }),
    'a kid that is a path': sign(good, { header: { ...HEADER, kid: '../../dev/null' }, key: '' }),
    'a kid that is SQL': sign(good, { header: { ...HEADER, kid: "' UNION SELECT 'x" }, key: 'x' }),
    'an unknown critical header': sign(good, {
      header: { ...HEADER, crit: ['exp'], x5u: 'https://example.com' },
    }),
    expired: sign({ ...good, iat: now - 4000, exp: now - 400 }),
    'not yet valid': sign({ ...good, nbf: now + 600 }),
    'from the future': sign({ ...good, iat: now + 3000, exp: now + 6000 }),
    'too long a life': sign({ ...good, exp: now + 86_400 * 365 }),
    'no end': sign(without('exp')),
    'an end in words': sign({ ...good, exp: 'tomorrow' }),
    'no beginning': sign(without('iat')),
    'no issuer': sign(without('iss')),
    'another issuer': sign({ ...good, iss: 'somebody' }),
    'a list of issuers': sign({ ...good, iss: [good.iss] }),
    'no audience': sign(without('aud')),
    'another audience': sign({ ...good, aud: 'another-api' }),
    'a list of audiences': sign({ ...good, aud: [good.aud, 'another-api'] }),
    'no person': sign(without('sub')),
    'a person that is a number': sign({ ...good, sub: 1 }),
    'a person that is an object': sign({ ...good, sub: { $ne: null } }),
    'a person that is no id': sign({ ...good, sub: "' OR 1=1 --" }),
    'a person that does not exist': sign({ ...good, sub: randomUUID() }),
    'no session': sign(without('sid')),
    'a session that is a list': sign({ ...good, sid: [good.sid] }),
    'a session that does not exist': sign({ ...good, sid: randomUUID() }),
    'no type': sign(without('typ')),
    'another type': sign({ ...good, typ: 'refresh' }),
    'claims that are a list': sign([good]),
    'claims that are text': sign('"text"'),
    'claims that are no JSON': sign('{'),
    'a refresh token': tokens.refreshToken,
    'a refresh token in three parts': `${head}.${body}.${tokens.refreshToken}`,
    'something absurdly long': sign({ ...good, padding: 'x'.repeat(6_000) }),
    'something absurdly long without dots': 'x'.repeat(12_000),
  };
}

describe('every protected route', () => {
  it('is known from the documentation', () => {
    const known = routes.map(({ method, path }) => `${method} ${path}`);
    expect(known).toEqual(expect.arrayContaining(['GET /user/me', 'POST /auth/logout', 'POST /chatroom']));
    expect(known.length).toBeGreaterThanOrEqual(20);
  });

  it('refuses every hostile token with 401 and a challenge', async () => {
    const table = Object.entries(hostile());
    expect(table.length).toBeGreaterThanOrEqual(35);
    const attempts = table.flatMap(([name, token]) => routes.map((route) => ({ name, token, ...route })));
    const wrong: string[] = [];
    await inParallel(attempts, 50, async ({ name, token, method, path }) => {
      const { status, headers, body } = await client.as(token)[METHODS[method] ?? 'get'](path);
      const challenge = headers.get('www-authenticate') ?? '';
      const code = name === 'expired' ? 'auth.token_expired' : 'auth.unauthenticated';
      if (status !== 401 || !challenge.startsWith('Bearer') || body?.code !== code)
        wrong.push(`${method} ${path} with ${name}: ${status} ${body?.code}`);
    });
    expect(wrong).toEqual([]);
    expect((await client.as(tokens.accessToken).get('/user/me')).status).toBe(200);
    console.log(`${table.length} hostile tokens on ${routes.length} routes: ${attempts.length} refusals`);
  }, 120_000);

  it('refuses other schemes, and no header at all', async () => {
    for (const { method, path } of routes) {
      const bare = await client[METHODS[method] ?? 'get'](path);
      expect([`${method} ${path}`, bare.status, bare.body.code]).toEqual([
        `${method} ${path}`,
        401,
        'auth.unauthenticated',
      ]);
    }
    for (const scheme of [
      `Basic ${tokens.accessToken}`,
      tokens.accessToken,
      `Bearer  ${tokens.accessToken}`,
      'Bearer',
    ]) {
      const { status } = await client.get('/user/me', { headers: { Authorization: scheme } });
      expect([scheme.slice(0, 8), status]).toEqual([scheme.slice(0, 8), 401]);
    }
  });

  it('refuses a token beyond the headers’ limit in the form of every other error', async () => {
    const { status, headers, body } = await client.as('x'.repeat(20_000)).get('/user/me');
    expect([status, body.code]).toEqual([400, 'request.malformed']);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(body.requestId).toBe(headers.get('x-request-id'));
  });

  it('asks nothing of a public one', async () => {
    const { status } = await client.as('rubbish').post('/auth/send-otp', newMobile());
    expect(status).toBe(404);
  });
});

const METHODS: Record<string, 'get' | 'post' | 'patch' | 'delete'> = {
  GET: 'get',
  POST: 'post',
  PATCH: 'patch',
  DELETE: 'delete',
};
