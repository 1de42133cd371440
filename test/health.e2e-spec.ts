import { Redis } from 'ioredis';
import { Client } from './support/client.js';
import { eventually, inTime } from './support/eventually.js';
import { PrivateRedis } from './support/private-redis.js';
import { System } from './support/system.js';
import { TcpProxy } from './support/tcp-proxy.js';

describe('health', () => {
  let system: System;
  let postgres: TcpProxy;
  let redis: TcpProxy;
  let client: Client;

  beforeAll(async () => {
    system = await System.start({ apis: 0, workers: 0 });
    postgres = await TcpProxy.start(system.env.DATABASE_URL ?? '');
    redis = await TcpProxy.start(system.env.REDIS_URL ?? '');
    await system.startApi({ DATABASE_URL: postgres.url, REDIS_URL: redis.url, API_PREFIX: 'api/v1' });
    client = system.client();
  });

  afterEach(async () => {
    postgres.heal();
    redis.heal();
    await eventually('all is well again', async () => (await client.get('/readyz')).body.status === 'ok');
  });

  afterAll(async () => {
    await system?.stop();
    await Promise.all([postgres?.stop(), redis?.stop()]);
  });

  const states = async (): Promise<Record<string, unknown>> => {
    const { status, body } = await client.get('/readyz');
    const lines = body.dependencies?.map((line: any) => [line.name, line.status]) ?? [];
    return { status, overall: body.status, ...Object.fromEntries(lines) };
  };

  it('is open, unprefixed and not kept by caches', async () => {
    const alive = await client.get('/healthz');
    expect([alive.status, alive.body]).toEqual([200, { status: 'ok' }]);
    expect(alive.headers.get('cache-control')).toBe('no-store');
    await eventually('ready', async () => (await states()).status === 200);
    expect(await states()).toEqual({ status: 200, overall: 'ok', postgres: 'up', redis: 'up' });
    expect((await client.get('/api/v1/healthz')).status).toBe(404);
    expect((await client.post('/healthz')).body.code).toBe('route.method_not_allowed');
  });

  it.each(['freeze', 'cut'] as const)(
    'tells of a PostgreSQL that is gone (%s), within a second',
    async (fault) => {
      postgres[fault]();
      const answer = await eventually('not ready', async () => {
        const readyz = await inTime(1_000, () => client.get('/readyz'));
        return readyz.status === 503 && readyz;
      });
      expect(answer.headers.get('content-type')).toMatch('application/problem+json');
      expect(answer.headers.get('retry-after')).toBe('2');
      expect(answer.body).toMatchObject({ code: 'service.unavailable', status: 503 });
      expect(answer.body.errors).toEqual([
        { field: 'postgres', message: 'down: cannot be reached' },
        { field: 'redis', message: 'up' },
      ]);
      expect((await client.get('/healthz')).status).toBe(200);
    },
  );

  it.each(['freeze', 'cut'] as const)('goes on without Redis (%s)', async (fault) => {
    redis[fault]();
    await eventually('degraded', async () => (await inTime(1_000, states)).redis === 'degraded');
    expect(await states()).toEqual({ status: 200, overall: 'degraded', postgres: 'up', redis: 'degraded' });
  });

  it('shows a Redis that takes no writes as degraded, and logs why', async () => {
    const replica = await PrivateRedis.start();
    const api = await system.startApi({ REDIS_URL: replica.url });
    const its = new Client(api.url);
    await eventually('ready', async () => (await its.get('/readyz')).body.status === 'ok');
    const administrator = new Redis(replica.url);
    await administrator.replicaof('127.0.0.1', '1');
    administrator.disconnect();
    const redisState = { name: 'redis', status: 'degraded', detail: 'takes no writes (READONLY)' };
    await eventually('degraded', async () => {
      const { body } = await its.get('/readyz');
      expect(body.dependencies).toContainEqual(expect.objectContaining(redisState));
      return true;
    });
    await eventually('the reason is logged', async () =>
      /redis is degraded: takes no writes \(READONLY\)/.test(api.output),
    );
    await api.stop();
    await replica.stop();
  });

  it('is not ready for a while before it stops listening, and writes no line for each question', async () => {
    const leaving = await system.startApi({ SHUTDOWN_GRACE_SECONDS: '2' });
    const its = new Client(leaving.url);
    expect((await its.get('/readyz')).status).toBe(200);
    expect((await its.get('/docs-json')).status).toBe(200);
    leaving.process.kill('SIGTERM');
    const answer = await eventually('draining', async () => {
      const readyz = await its.get('/readyz');
      return readyz.status === 503 && readyz;
    });
    expect(answer.body.detail).toBe('The process is shutting down.');
    expect((await its.get('/healthz')).status).toBe(200);
    expect(await leaving.exited).toBe(0);
    await expect(its.get('/healthz')).rejects.toThrow();
    expect(leaving.output).toMatch(/request completed.*"path":"\/docs-json"/);
    expect(leaving.output).not.toMatch(/request completed.*"path":"\/(healthz|readyz)"/);
    expect(leaving.output).not.toContain('ERROR');
  });
});
