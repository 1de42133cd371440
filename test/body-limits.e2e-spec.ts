import Stripe from 'stripe';
import { openRoom } from './support/rooms.js';
import { System } from './support/system.js';
import { speak } from './support/wire.js';

const KIB = 1_024;
const JSON_TYPE = { 'Content-Type': 'application/json' };
const NOBODYS = '019aa3a4-7c1e-7b1f-9d5e-3f1f0a2b4c6d';

describe('the body of a request', () => {
  let system: System;
  let client: Awaited<ReturnType<System['signedIn']>>;
  let room: string;

  beforeAll(async () => {
    system = await System.start({ workers: 0, env: { BASIC_TIER_DAILY_PROMPT_LIMIT: '100' } });
    client = await system.signedIn();
    room = await openRoom(client);
  });
  afterAll(() => system?.stop());

  const ask = async (method: string, path: string, body: string, headers = {}, from = client as any) => {
    const response = await from.raw(method, path, { headers: { ...JSON_TYPE, ...headers }, body });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : undefined, headers: response.headers };
  };

  it.each([
    ['POST', '/auth/login', 8],
    ['POST', '/auth/refresh', 8],
    ['POST', '/auth/logout', 8],
    ['PATCH', '/user/me', 8],
    ['POST', '/user/me/identity', 8],
    ['POST', '/subscribe/pro', 8],
    ['POST', '/chatroom', 128],
    ['PATCH', `/chatroom/${NOBODYS}`, 128],
    ['POST', `/chatroom/${NOBODYS}/message/${NOBODYS}/retry`, 128],
    ['POST', `/chatroom/${NOBODYS}/message`, 512],
    ['POST', '/webhook/stripe', 1_024],
    ['POST', '/subscription/webhook/stripe', 1_024],
  ])('has a limit by its route: %s %s %d KiB', async (method, path, kib) => {
    const padded = (bytes: number) => ask(method, path, '{"unknown":1}'.padEnd(bytes));
    const largest = await padded(kib * KIB);
    expect([400, 401]).toContain(largest.status);
    expect(await padded(kib * KIB + 1)).toMatchObject({ status: 413, body: { code: 'payload.too_large' } });
  });

  it('takes a prompt of 32,000 code points however they are escaped', async () => {
    const content = '\\ud83d\\ude00'.repeat(32_000);
    const { status } = await ask('POST', `/chatroom/${room}/message`, `{"content":"${content}"}`);
    expect(status).toBe(202);
  });

  it('of a signed event may have 293 KiB', async () => {
    for (const path of ['/webhook/stripe', '/subscription/webhook/stripe']) {
      const object = { id: 'in_1', object: 'invoice', description: 'x'.repeat(293 * KIB) };
      const event = { id: `evt_${path.length}`, object: 'event', type: 'invoice.upcoming', data: { object } };
      const payload = JSON.stringify(event);
      const secret = system.env.STRIPE_WEBHOOK_SECRET ?? '';
      const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret });
      expect((await ask('POST', path, payload, { 'Stripe-Signature': signature })).status).toBe(200);
    }
  });

  it.each([
    ['an array', `{"title":[${'1,'.repeat(500)}1]}`],
    ['fields', `{${Array.from({ length: 501 }, (_, n) => `"f${n}":1`).join()}}`],
    ['depth', `{"title":${'['.repeat(32)}${']'.repeat(32)}}`],
    ['values, not even JSON', `{"title":[${'1,'.repeat(500)}`],
  ])('is refused before it is parsed when it is too much for anything: %s', async (_, json) => {
    const { status, body } = await ask('POST', '/chatroom', json);
    expect([status, body.code, body.errors]).toEqual([400, 'request.malformed', undefined]);
    expect(body.detail).toMatch(/too (many|deep)/);
  });

  it.each(['gzip', 'br', 'identity, gzip', 'x'])('is not taken in the encoding %s', async (encoding) => {
    const headers = { 'Content-Encoding': encoding };
    expect(await ask('POST', '/chatroom', '{}', headers)).toMatchObject({
      status: 415,
      body: { code: 'payload.unsupported_type' },
    });
    expect((await ask('POST', '/webhook/stripe', '{}', headers)).status).toBe(415);
    expect((await ask('POST', '/chatroom', '{}', { 'Content-Encoding': 'identity' })).status).toBe(201);
    expect((await ask('POST', '/chatroom', '', headers)).status).toBe(201);
  });

  describe('is looked at after its sender', () => {
    const bodies: [string, string, Record<string, string>][] = [
      ['broken', '{"title', {}],
      ['huge', 'x'.repeat(600 * KIB), {}],
      ['of many values', `[${'1,'.repeat(1_000)}1]`, {}],
      ['of another type', 'x', { 'Content-Type': 'text/plain' }],
      ['of no type', 'x', { 'Content-Type': 'no type' }],
      ['compressed', 'x', { 'Content-Encoding': 'gzip' }],
    ];

    it.each(bodies)('who has no token is told so, though the body is %s', async (_, body, headers) => {
      for (const [method, path] of [
        ['POST', '/chatroom'],
        ['PATCH', '/user/me'],
        ['POST', `/chatroom/${NOBODYS}/message`],
      ] as const) {
        for (const stranger of [system.client(), system.client().as('not.a.token')])
          expect(await ask(method, path, body, headers, stranger)).toMatchObject({
            status: 401,
            body: { code: 'auth.unauthenticated' },
          });
      }
    });

    it.each(bodies)(
      'who has made too many requests is told so, though the body is %s',
      async (_, body, headers) => {
        const { url } = await system.startApi({
          RATE_LIMIT_PER_MINUTE: '2',
          ANONYMOUS_RATE_LIMIT_PER_MINUTE: '2',
        });
        await system.redis.flushdb();
        const { user } = await system.signedIn();
        const known = system.client(system.apis.length - 1).as(user.accessToken);
        const stranger = system.client(system.apis.length - 1);
        expect(known.url).toBe(url);
        const statuses = async (from: typeof client | typeof stranger, path: string) =>
          [
            await ask('POST', path, body, headers, from),
            await ask('POST', path, body, headers, from),
            await ask('POST', path, body, headers, from),
          ].map(({ status }) => status);
        const [first, second, third] = await statuses(known, '/chatroom');
        expect([400, 413, 415]).toContain(first);
        expect([second, third]).toEqual([first, 429]);
        expect((await statuses(stranger, '/auth/login'))[2]).toBe(429);
        await system.apis.pop()?.stop();
      },
    );

    it('a token is refused while the body is still on its way', async () => {
      const head =
        'POST /chatroom HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n';
      const bytes = Buffer.from(`${head}Connection: close\r\n\r\n{`);
      expect((await speak(client.url, { bytes, half: false }))?.status).toBe(401);
    });
  });
});
