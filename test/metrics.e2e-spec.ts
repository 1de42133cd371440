import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Child } from './support/child.js';
import { Client } from './support/client.js';
import { eventually } from './support/eventually.js';
import { freePort } from '../dev/launcher/free-port.js';
import { openRoom, prompt } from './support/rooms.js';
import { tally } from './support/people.js';
import { System } from './support/system.js';

/** What a production process wants beside the settings of the tests. */
const PRODUCTION = {
  NODE_ENV: 'production',
  GEMINI_API_KEY: 'AIza-not-a-real-key',
  STRIPE_SECRET_KEY: 'sk_live_not_a_real_key',
  STRIPE_WEBHOOK_SECRET: 'whsec_not_a_real_secret',
  OTP_DELIVERY: 'response',
  OTP_ALLOW_RESPONSE_IN_PRODUCTION: 'true',
  SHUTDOWN_GRACE_SECONDS: '0',
};
const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });

describe('metrics', () => {
  let system: System;

  beforeAll(async () => {
    system = await System.start({ workers: 0, env: { METRICS_TOKEN: 'the-token-of-prometheus' } });
  });
  afterAll(() => system?.stop());

  const metrics = async (client: Client) =>
    (await client.get('/metrics', bearer('the-token-of-prometheus'))).text;

  it('wants its token', async () => {
    const client = system.client();
    for (const options of [
      undefined,
      bearer('the-token-of-prometheuS'),
      bearer(''),
      { headers: { Authorization: 'Basic abc' } },
    ]) {
      const refused = await client.get('/metrics', options);
      expect([refused.status, refused.body.code]).toEqual([401, 'auth.unauthenticated']);
      expect(refused.headers.get('www-authenticate')).toBe('Bearer');
    }
    const answer = await client.get('/metrics', bearer('the-token-of-prometheus'));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('evaluates ten wrong tokens of an address in a minute, and writes each down', async () => {
    const api = await system.startApi({ TRUST_PROXY: '1' });
    const from = (ip: string, token: string) =>
      new Client(api.url).get('/metrics', { headers: { ...bearer(token).headers, 'X-Forwarded-For': ip } });
    const guesses = Array.from({ length: 15 }, (_, n) => from('198.51.100.1', `guess-${n}`));
    expect(tally((await Promise.all(guesses)).map(({ status }) => status))).toEqual({ 401: 10, 429: 5 });
    expect((await from('198.51.100.1', 'the-token-of-prometheus')).status).toBe(429);
    expect((await from('198.51.100.2', 'the-token-of-prometheus')).status).toBe(200);
    expect(api.output.match(/"audit":"operator\.refused"/g)).toHaveLength(15);
    expect(api.output).not.toContain('guess-');
  });

  it('counts requests by route pattern, never by path', async () => {
    const client = await system.signedIn();
    await client.get('/user/me');
    await client.get('/nowhere/at/all');
    const text = await metrics(system.client());
    expect(text).toMatch(
      /http_request_duration_seconds_count\{method="GET",route="\/metrics",status="200"\} \d/,
    );
    expect(text).toMatch(
      /http_request_duration_seconds_count\{method="GET",route="unknown",status="404"\} \d/,
    );
    expect(text).not.toContain('/nowhere');
  });

  it('tells of the pool, the queues, the event loop and the process', async () => {
    const text = await metrics(system.client());
    expect(text).toMatch(/database_pool_connections\{state="busy"\} \d/);
    expect(text).toMatch(/queue_jobs\{queue="reply",state="waiting"\} 0/);
    expect(text).toMatch(/nodejs_eventloop_lag_seconds \d/);
    expect(text).toMatch(/process_resident_memory_bytes \d/);
  });

  it('counts a reply that is cancelled here, once', async () => {
    const client = await system.signedIn();
    const room = await openRoom(client);
    const path = `/chatroom/${room}/message/${await prompt(client, room, 'never mind')}/cancel`;
    expect([(await client.post(path)).status, (await client.post(path)).status]).toEqual([200, 409]);
    expect(await metrics(system.client())).toMatch(/^replies_total\{status="cancelled"\} 1$/m);
  });

  it('is no route in production without a token', async () => {
    const api = await system.startApi({ ...PRODUCTION, METRICS_TOKEN: '' });
    const answer = await new Client(api.url).get('/metrics');
    expect([answer.status, answer.body.code]).toEqual([404, 'route.not_found']);
  });

  it('is open in development without a token', async () => {
    const api = await system.startApi({ NODE_ENV: 'development', METRICS_TOKEN: '' });
    expect((await new Client(api.url).get('/metrics')).status).toBe(200);
  });
});

describe('the listener of the worker', () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start({ apis: 0, workers: 0, env: { METRICS_TOKEN: 'the-token-of-prometheus' } });
  });
  afterAll(() => system?.stop());

  const start = async (env: Record<string, string>): Promise<Child> => system.startWorker(env);

  it('answers as the API does, and nothing else', async () => {
    const port = await freePort();
    await start({ WORKER_HEALTH_PORT: String(port) });
    const worker = new Client(`http://127.0.0.1:${port}`);
    expect((await worker.get('/healthz')).body).toEqual({ status: 'ok' });
    await eventually('ready', async () => (await worker.get('/readyz')).body.status === 'ok');
    expect((await worker.get('/metrics')).body.code).toBe('auth.unauthenticated');
    const text = (await worker.get('/metrics', bearer('the-token-of-prometheus'))).text;
    expect(text).toContain('replies_total');
    expect(text).toContain('gemini_call_duration_seconds');
    const unknown = await worker.get('/auth/login');
    expect([unknown.status, unknown.body.code]).toEqual([404, 'route.not_found']);
    expect(unknown.headers.get('content-type')).toBe('application/problem+json');
    expect((await worker.post('/healthz')).body.code).toBe('route.method_not_allowed');
  });

  it('lives with a taken port, and says so once', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const worker = await start({ WORKER_HEALTH_PORT: String(port) });
    expect(worker.process.exitCode).toBeNull();
    await eventually('the log says so', () =>
      worker.output.includes(`${port} cannot be listened on (EADDRINUSE)`),
    );
    expect(worker.output).toContain('Set WORKER_HEALTH_PORT');
    holder.close();
  });

  it('takes any port for 0', async () => {
    const worker = await start({ WORKER_HEALTH_PORT: '0' });
    const port = await eventually(
      'the port is in the log',
      () => /health and metrics on port (\d+)/.exec(worker.output)?.[1],
    );
    expect((await new Client(`http://127.0.0.1:${port}`).get('/healthz')).status).toBe(200);
  });
});
