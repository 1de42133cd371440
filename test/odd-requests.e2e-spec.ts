import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpAdapter } from '../src/app/http.js';
import type { Settings } from '../src/config/settings.js';
import type { Client } from './support/client.js';
import { System } from './support/system.js';
import { speak } from './support/wire.js';

/** An id that nothing has. */
const NOBODYS = '019aa3a4-7c1e-7b1f-9d5e-3f1f0a2b4c6d';

describe('odd requests', () => {
  let system: System;
  let client: Client;

  beforeAll(async () => {
    system = await System.start({ workers: 0 });
    client = await system.signedIn();
  });
  afterAll(() => system?.stop());

  const ask = async (method: string, path: string, init: RequestInit = {}) => {
    const response = await client.raw(method, path, init);
    const body: any = response.status === 204 ? undefined : await response.json();
    return { status: response.status, headers: response.headers, body };
  };
  const typed = (type: string, body = '') => ({ headers: { 'Content-Type': type }, body });

  it.each(['/%', '/%ff', '/chatroom/%ed%a0%80', `/chatroom/${'a'.repeat(600)}`])(
    'carries the request id where the path cannot be read (%#)',
    async (path) => {
      const { status, headers, body } = await ask('GET', path, { headers: { 'X-Request-Id': 'mine' } });
      expect([status, body.code, body.requestId]).toEqual([400, 'request.malformed', 'mine']);
      expect(headers.get('x-request-id')).toBe('mine');
    },
  );

  it.each([
    ['text/plain', 'x'],
    ['no type', 'x'],
    ['application/json', '{'],
    ['application/json', 'x'.repeat(300_000)],
  ])('tells an unknown route or method whatever the body is (%s)', async (type, body) => {
    const unknown = await ask('POST', '/nowhere', typed(type, body));
    expect([unknown.status, unknown.body.code]).toEqual([404, 'route.not_found']);
    const wrong = await ask('PUT', '/chatroom', typed(type, body));
    expect([wrong.status, wrong.body.code]).toEqual([405, 'route.method_not_allowed']);
    expect(wrong.headers.get('allow')).toBe('GET, POST');
  });

  it.each([
    ['one name of 8,000 characters', { ['\u0001'.repeat(1_300)]: 1 }],
    ['400 names', Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`unknown-${at}`, 1]))],
    ['a name that cannot be stored', { [`\0${'x'.repeat(7_000)}`]: 1 }],
  ])('are refused by a short error, whatever their fields are called: %s', async (_, body) => {
    const answer = await ask('POST', '/auth/refresh', typed('application/json', JSON.stringify(body)));
    expect([answer.status, answer.body.code]).toEqual([400, 'validation.failed']);
    expect(answer.body.errors.length).toBeLessThanOrEqual(20);
    expect(JSON.stringify(answer.body).length).toBeLessThan(15_000);
  });

  it('count every header, also the last of very many', async () => {
    const text = `GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${'a:\r\n'.repeat(2_500)}X-Request-Id: the-last\r\n\r\n`;
    const answer = await speak(client.url, { bytes: Buffer.from(text), half: false });
    expect([answer?.status, answer?.headers.get('x-request-id')]).toEqual([404, ['the-last']]);
  });

  it.each(['text/plain', 'application/json', 'no type', 'multipart/form-data'])(
    'does not mind the type of a body that is not there: %s',
    async (type) => {
      expect((await ask('POST', '/subscription/cancel', typed(type))).status).toBe(409);
      expect((await ask('POST', '/chatroom', typed(type))).status).toBe(201);
      expect((await ask('POST', '/auth/login', typed(type))).body.code).toBe('validation.failed');
    },
  );

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'no type'])(
    'takes no body of another type than JSON: %s',
    async (type) => {
      const { status, headers, body } = await ask('POST', '/chatroom', typed(type, '{"title":"Text"}'));
      expect([status, body.status, body.code]).toEqual([415, 415, 'payload.unsupported_type']);
      expect(headers.get('content-type')).toBe('application/problem+json');
    },
  );

  it.each(['constructor', 'toString', '__proto__'])('refuses the unknown field %s', async (field) => {
    const { status } = await ask('POST', '/chatroom', typed('application/json', `{"${field}":1}`));
    expect(status).toBe(400);
  });

  it('tells a wrong method of a long path too', async () => {
    expect((await client.raw('PUT', `/chatroom/${'a'.repeat(400)}`)).status).toBe(405);
  });

  it.each(['null', '[]', '[{}]', '"title"', '5', 'true'])(
    'takes %s for no body of an object',
    async (json) => {
      const { status, body } = await ask('POST', '/chatroom', typed('application/json', json));
      expect([status, body.code]).toEqual([400, 'validation.failed']);
    },
  );

  it.each([
    '/subscribe/pro',
    '/subscription/pro',
    '/subscription/cancel',
    '/subscription/resume',
    '/subscription/portal',
    `/chatroom/${NOBODYS}/message/${NOBODYS}/cancel`,
    `/chatroom/${NOBODYS}/message/${NOBODYS}/retry`,
    '/auth/logout',
  ])('refuses a field where no body is taken: POST %s', async (path) => {
    const { status, body } = await client.post(path, { atPeriodEnd: true });
    expect([status, body.code]).toEqual([400, 'validation.failed']);
    expect(body.errors).toEqual([{ field: 'atPeriodEnd', message: 'property atPeriodEnd should not exist' }]);
    if (path !== '/auth/logout') expect((await client.post(path, {})).status).not.toBe(400);
  });

  it('refuses a field of a deletion that takes none', async () => {
    expect((await client.delete(`/auth/sessions/${NOBODYS}`, { all: true })).status).toBe(400);
    expect((await client.delete(`/auth/sessions/${NOBODYS}`, {})).status).toBe(404);
  });

  it.each(['q=%', 'q=%zz', 'q=%ff', 'q=%ed%a0%80', '%c3=1'])('cannot read the query %s', async (query) => {
    const { status, body } = await ask('GET', `/chatroom?${query}`);
    expect([status, body.code]).toEqual([400, 'request.malformed']);
    expect((await ask('GET', `/healthz?${query}`)).status).toBe(400);
  });

  it.each(['0x10', '1e1', '%2B5', '%205', '5.0', '', '%D9%A3', '%EF%BC%95', '0b1', '1&limit=2'])(
    'counts in decimal digits, not in %s',
    async (number) => {
      const list = await ask('GET', `/chatroom?limit=${number}`);
      expect([list.status, list.body.code]).toEqual([400, 'validation.failed']);
      const wait = await ask('GET', `/chatroom/${NOBODYS}/message/${NOBODYS}?wait=${number}`);
      expect([wait.status, wait.body.code]).toEqual([400, 'validation.failed']);
      expect((await ask('GET', '/chatroom?limit=5&q=100%25')).status).toBe(200);
    },
  );

  it('sends no stream to whoever refuses one', async () => {
    const room = (await client.post('/chatroom')).body.id;
    const headers = { Accept: 'application/json, text/event-stream;q=0' };
    const { status, body } = await client.post(
      `/chatroom/${room}/message`,
      { content: 'Hello' },
      { headers },
    );
    expect([status, body.reply.status]).toEqual([202, 'queued']);
  });

  it.each([
    ['Host: a\r\nExpect: something', 200],
    ['Host: a\r\nExpect:', 200],
    ['X-Request-Id: mine', 400],
    ['Host: a\r\nHost: a', 400],
    ['Host: a\r\nhost: b', 400],
    ['Host: a b', 400],
    ['Host: a/b', 400],
    ['Host: user@a', 400],
    ['Host: a:80', 200],
    ['Host: [::1]:80', 200],
    ['Host:', 200],
  ])('answers, in its own form, what Node would answer by itself (%#)', async (headers, status) => {
    const bytes = Buffer.from(`GET /healthz HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`);
    const answer = await speak(client.url, { bytes, half: false });
    expect(answer?.status).toBe(status);
    expect(answer?.headers.get('x-request-id')).toHaveLength(1);
    if (status === 400) expect(JSON.parse(answer?.body ?? '').code).toBe('request.malformed');
  });

  it.each([
    'GET /healthz\r\n\r\n',
    'GET /healthz HTTP/0.9\r\n\r\n',
    'GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n',
  ])('refuses another version of HTTP (%#)', async (text) => {
    const answer = await speak(client.url, { bytes: Buffer.from(text), half: true });
    expect([answer?.status, JSON.parse(answer?.body ?? '').code]).toEqual([400, 'request.malformed']);
  });

  it.each([
    ['http://elsewhere.example/healthz', 200],
    ['HTTPS://elsewhere.example:8443/healthz?a=b', 200],
    ['http://elsewhere.example', 404],
    ['http:///healthz', 400],
    ['ftp://elsewhere.example/healthz', 400],
  ])('reads the path of a whole address: %s', async (target, status) => {
    const text = `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
    expect((await speak(client.url, { bytes: Buffer.from(text), half: false }))?.status).toBe(status);
  });

  it('never sends a client to the authority that it named', async () => {
    const room = (await client.post('/chatroom')).body.id;
    const content = '{"content":"Hello"}';
    const lines = [
      `POST http://elsewhere.example/chatroom/${room}/message HTTP/1.1`,
      'Host: elsewhere.example',
      `Authorization: Bearer ${client.accessToken}`,
      'Content-Type: application/json',
      `Content-Length: ${content.length}`,
      'Connection: close',
    ];
    const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n${content}`);
    const answer = await speak(client.url, { bytes, half: false });
    expect(answer?.status).toBe(202);
    expect(answer?.headers.get('location')?.[0]).toMatch(
      new RegExp(`^/chatroom/${room}/message/[\\w-]{36}$`),
    );
    const whole = [...(answer?.headers.values() ?? [])].join() + answer?.body;
    expect(whole).not.toContain('elsewhere');
  });

  it('says that an error is a problem, and nothing about a charset', async () => {
    const { headers } = await ask('GET', '/nowhere');
    expect(headers.get('content-type')).toBe('application/problem+json');
  });

  it('challenges with every 401', async () => {
    const { status, headers } = await client.post('/auth/refresh', { refreshToken: 'x' });
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  });
});

describe('a request that does not arrive', () => {
  const adapter = createHttpAdapter({ TRUST_PROXY: 'false' } as Settings);
  const server = adapter.getHttpServer<Server>();
  afterAll(() => adapter.close());

  it('has half a minute for its headers and its body', () => {
    expect([server.requestTimeout, server.headersTimeout]).toEqual([30_000, 30_000]);
  });

  it.each([
    ['headers', 'POST / HTTP/1.1\r\nHost: a\r\nX-'],
    ['body', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{'],
  ])('is looked for every second, not every half minute: %s', async (_, text) => {
    if (!server.listening)
      await new Promise<void>((resolve) => adapter.listen(0, '127.0.0.1', () => resolve()));
    // As if half a minute had passed.
    Object.assign(server, { requestTimeout: 10, headersTimeout: 10 });
    const { port } = server.address() as AddressInfo;
    const answer = await speak(`http://127.0.0.1:${port}`, { bytes: Buffer.from(text), half: false });
    expect(JSON.parse(answer?.body ?? '').detail).toBe('The request did not arrive in time.');
  });
});
