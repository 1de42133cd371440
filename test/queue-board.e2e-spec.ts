import { Queue } from 'bullmq';
import { QUEUE_PREFIX } from '../src/infra/work/work-queue.js';
import type { Client } from './support/client.js';
import { tally } from './support/people.js';
import { System } from './support/system.js';
import { TcpProxy } from './support/tcp-proxy.js';

const PASSWORD = 'correct horse: battery';
const as = (credentials: string) => ({
  headers: { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
});
const ADMIN = as(`admin:${PASSWORD}`);

describe('the queue board', () => {
  let system: System;
  let redis: TcpProxy;
  let queue: Queue;
  let client: Client;

  beforeAll(async () => {
    system = await System.start({ apis: 0, workers: 0 });
    redis = await TcpProxy.start(system.env.REDIS_URL ?? '');
    await system.startApi({ ADMIN_PASSWORD: PASSWORD, REDIS_URL: redis.url, TRUST_PROXY: '1' });
    client = system.client();
    queue = new Queue('reply', { connection: { url: system.env.REDIS_URL ?? '' }, prefix: QUEUE_PREFIX });
    await queue.add('reply', { id: 'r1' }, { jobId: 'board-1', delay: 3_600_000 });
  });

  afterAll(async () => {
    await queue?.close();
    await system?.stop();
    await redis?.stop();
  });

  it('lets in nobody but admin', async () => {
    const wrong = [`admin:${PASSWORD}x`, 'admin:', `root:${PASSWORD}`, PASSWORD, ''];
    const paths = ['/queues', '/queues/', '/queues/api/queues', '/queues/static/favicon.ico'];
    for (const [n, path] of paths.entries()) {
      for (const options of [
        undefined,
        ...wrong.map(as),
        { headers: { Authorization: `Bearer ${PASSWORD}` } },
      ]) {
        const headers = { ...options?.headers, 'X-Forwarded-For': `203.0.113.${n}` };
        const answer = await client.get(path, { headers });
        expect([path, answer.status, answer.body?.code]).toEqual([path, 401, 'auth.unauthenticated']);
        expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
      }
    }
  });

  it('evaluates ten wrong passwords of an address in a minute, and writes each down', async () => {
    const from = (ip: string, credentials: string) =>
      client.get('/queues', { headers: { ...as(credentials).headers, 'X-Forwarded-For': ip } });
    const guesses = Array.from({ length: 30 }, (_, n) => from('198.51.100.1', `admin:guess ${n}`));
    expect(tally((await Promise.all(guesses)).map(({ status }) => status))).toEqual({ 401: 10, 429: 20 });
    const right = await from('198.51.100.1', `admin:${PASSWORD}`);
    expect([right.status, right.body.code]).toEqual([429, 'rate_limit.exceeded']);
    expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await from('198.51.100.2', `admin:${PASSWORD}`)).status).toBe(200);
    const lines =
      system.apis[0]?.output.split('\n').filter((line) => line.includes('operator.refused')) ?? [];
    expect(lines.filter((line) => line.includes('"ip":"198.51.100.1"'))).toHaveLength(30);
    expect(lines.join()).not.toContain('guess');
  });

  it('shows the queues and their jobs', async () => {
    const page = await client.get('/queues', ADMIN);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    for (const [, asset] of page.text.matchAll(/(?:src|href)="(static\/[^"]+)"/g))
      expect((await client.raw('GET', `/queues/${asset}`, ADMIN)).status).toBe(200);
    const { body } = await client.get('/queues/api/queues?activeQueue=reply&status=delayed', ADMIN);
    const shown = body.queues.map(({ name, readOnlyMode, counts }: any) => [
      name,
      readOnlyMode,
      counts.delayed,
    ]);
    expect(shown).toEqual([
      ['reply', true, 1],
      ['stripe-event', true, 0],
      ['code-delivery', true, 0],
      ['customer-reconciliation', true, 0],
      ['chatroom-purge', true, 0],
      ['notice', true, 0],
      ['account-purge', true, 0],
    ]);
    expect((await client.get('/queues/api/queues/reply/board-1', ADMIN)).body.job.data).toEqual({
      id: 'r1',
    });
  });

  it('changes nothing: only reading is routed', async () => {
    const before = await queue.getJobCounts();
    const attempts: [string, string][] = [
      ['PUT', '/queues/api/queues/pause'],
      ['PUT', '/queues/api/queues/reply/pause'],
      ['PUT', '/queues/api/queues/reply/empty'],
      ['PUT', '/queues/api/queues/reply/obliterate'],
      ['PUT', '/queues/api/queues/reply/promote'],
      ['PUT', '/queues/api/queues/reply/board-1/clean'],
      ['PUT', '/queues/api/queues/reply/board-1/promote'],
      ['POST', '/queues/api/queues/reply/add'],
      ['PATCH', '/queues/api/queues/reply/board-1/update-data'],
    ];
    for (const [method, path] of attempts) {
      const headers = { ...ADMIN.headers, 'Content-Type': 'application/json' };
      const answer = await client.raw(method, path, { headers, body: '{}' });
      const problem: any = await answer.json();
      expect([path, problem.code]).toEqual([
        path,
        expect.stringMatching(/^route\.(not_found|method_not_allowed)$/),
      ]);
    }
    expect(await queue.getJobCounts()).toEqual(before);
    expect(await queue.isPaused()).toBe(false);
  });

  it('leaves the rest of the API as it is', async () => {
    const malformed = await client.raw('POST', '/auth/signup', {
      headers: { 'Content-Type': 'application/json' },
      body: '{"mobile":',
    });
    expect([malformed.status, ((await malformed.json()) as any).code]).toEqual([400, 'request.malformed']);
    expect((await client.get('/queue', ADMIN)).body.code).toBe('route.not_found');
    expect((await client.get('/docs')).status).toBe(200);
  });

  it('answers 503 while Redis is gone, as everything does', async () => {
    redis.cut();
    const answer = await client.get('/queues/api/queues', ADMIN);
    expect([answer.status, answer.body.code]).toEqual([503, 'service.unavailable']);
    redis.heal();
  });

  it('does not exist without a password', async () => {
    const api = await system.startApi({ ADMIN_PASSWORD: '' });
    const answer = await fetch(`${api.url}/queues`, ADMIN);
    expect([answer.status, ((await answer.json()) as any).code]).toEqual([404, 'route.not_found']);
  });
});
