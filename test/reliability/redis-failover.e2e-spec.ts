import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { connectRedis, type RedisClient, type RedisRole } from '../../src/infra/redis/connect.js';
import { eventually } from '../support/eventually.js';
import { PrivateRedis } from '../support/private-redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const ROLES: RedisRole[] = ['command', 'subscriber', 'worker'];
const SCRIPT = "return redis.call('SET', KEYS[1], ARGV[1])";

/** The primary fails over to another server, and the former primary stays up as its replica: connections are not cut. */
describe('a failover of Redis', () => {
  let former: PrivateRedis;
  let next: PrivateRedis;
  let formerAdmin: Redis;
  let nextAdmin: Redis;
  let proxy: TcpProxy;
  let client: RedisClient;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    [former, next] = await Promise.all([PrivateRedis.start(), PrivateRedis.start()]);
    [formerAdmin, nextAdmin] = [new Redis(former.url), new Redis(next.url)];
  });
  afterAll(async () => {
    formerAdmin.disconnect();
    nextAdmin.disconnect();
    await Promise.all([former.stop(), next.stop()]);
  });
  beforeEach(async () => {
    await formerAdmin.replicaof('NO', 'ONE');
    await nextAdmin.flushdb();
    await formerAdmin.config('RESETSTAT');
    proxy = await TcpProxy.start(former.url);
  });
  afterEach(async () => {
    client.disconnect();
    await proxy.stop();
  });

  async function connect(role: RedisRole): Promise<void> {
    client = connectRedis({ REDIS_URL: proxy.url, REDIS_CLUSTER: false }, role);
    await eventually('a connection', () => client.status === 'ready');
    await client.set('before', '1');
  }

  async function demote(): Promise<void> {
    await formerAdmin.replicaof('127.0.0.1', Number(new URL(next.url).port));
  }

  it.each(ROLES)('a %s connection finds the new primary', async (role) => {
    await connect(role);
    await demote();
    proxy.retarget(next.url);
    await eventually('a write', () => client.set('after', role).catch(() => null), 5_000);
    expect(await nextAdmin.get('after')).toBe(role);
  });

  it('fails the command of a command connection at once, with the reason', async () => {
    await connect('command');
    await demote();
    proxy.retarget(next.url);
    await expect(client.eval(SCRIPT, 1, 'after', '1')).rejects.toThrow(/READONLY/);
    await eventually(
      'a script that writes',
      () => client.eval(SCRIPT, 1, 'after', '2').catch(() => null),
      5_000,
    );
    expect(await nextAdmin.get('after')).toBe('2');
  });

  it('lets the commands of a worker connection wait for the new primary', async () => {
    await connect('worker');
    await demote();
    const writes = [client.set('one', '1'), client.eval(SCRIPT, 1, 'two', '2'), client.bzpopmin('queue', 1)];
    await eventually('a refusal', async () => (await errorCount(formerAdmin)) > 0);
    proxy.retarget(next.url);
    expect(await Promise.all(writes)).toEqual(['OK', 'OK', null]);
    expect(await nextAdmin.mget('one', 'two')).toEqual(['1', '2']);
  });

  it('that does not end becomes an error for the caller', async () => {
    await connect('worker');
    await demote();
    await expect(client.set('late', '1')).rejects.toThrow(/READONLY/);
  }, 20_000);
});

async function errorCount(redis: Redis): Promise<number> {
  const stats = await redis.info('errorstats');
  return Number(/errorstat_READONLY:count=(\d+)/.exec(stats)?.[1] ?? 0);
}
