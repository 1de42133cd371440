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
    await eventually('a former primary that is one again', async () => {
      try {
        await formerAdmin.replicaof('NO', 'ONE');
        return (await formerAdmin.set('ready', '1')) === 'OK';
      } catch (error) {
        // The test before left it in the middle of this.
        if (!/^LOADING/.test((error as Error).message)) throw error;
        return false;
      }
    });
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

  it.each(['command', 'worker'] as const)(
    'a %s connection leaves a former primary that loads the data of the next one',
    async (role) => {
      await connect(role);
      await nextAdmin.mset(...Array.from({ length: 2_000 }, (_, number) => [`key:${number}`, 'x']).flat());
      for (const [name, value] of [
        ['key-load-delay', '20000'],
        ['loading-process-events-interval-bytes', '1024'],
      ])
        await formerAdmin.config('SET', name ?? '', value ?? '');
      await demote();
      await eventually(
        'a refusal',
        () =>
          client.set('late', '1').then(
            () => false,
            (error: Error) => /LOADING|READONLY/.test(error.message),
          ),
        30_000,
      );
      await eventually('loading', async () => /^loading:1/m.test(await formerAdmin.info('persistence')));
      proxy.retarget(next.url);
      await eventually('a write', () => client.set('after', role).catch(() => null));
      expect(await nextAdmin.get('after')).toBe(role);
      expect(await formerAdmin.info('persistence')).toMatch(/^loading:1/m);
      await formerAdmin.config('SET', 'key-load-delay', '0');
    },
    60_000,
  );

  it.each([
    ['NOREPLICAS', (admin: Redis) => admin.config('SET', 'min-replicas-to-write', '1')],
    [
      'MASTERDOWN',
      async (admin: Redis) => {
        await admin.config('SET', 'replica-serve-stale-data', 'no');
        await admin.replicaof('127.0.0.1', 1);
      },
    ],
  ] as const)('a connection leaves a server that refuses with %s', async (code, refuse) => {
    await connect('worker');
    const command = connectRedis({ REDIS_URL: proxy.url, REDIS_CLUSTER: false }, 'command');
    try {
      await eventually('a connection', () => command.status === 'ready');
      await refuse(formerAdmin);
      // A replica without its primary refuses reads with a code of its own.
      await expect(code === 'MASTERDOWN' ? command.get('after') : command.set('after', '0')).rejects.toThrow(
        code,
      );
      proxy.retarget(next.url);
      await client.set('after', 'worker');
      expect(await nextAdmin.get('after')).toBe('worker');
      await eventually('a write', () => command.set('after', 'command').catch(() => null), 5_000);
      expect(await nextAdmin.get('after')).toBe('command');
    } finally {
      command.disconnect();
      await formerAdmin.config('SET', 'min-replicas-to-write', '0');
      await formerAdmin.config('SET', 'replica-serve-stale-data', 'yes');
    }
  });

  it('a connection leaves a server that cannot save (MISCONF)', async () => {
    const full = await PrivateRedis.start();
    const administrator = new Redis(full.url);
    proxy.retarget(full.url);
    await connect('command');
    await administrator.config('SET', 'save', '3600 1');
    full.loseFolder();
    await administrator.bgsave().catch(() => undefined);
    await eventually('MISCONF', () =>
      client.set('late', '1').then(
        () => false,
        (error: Error) => /^MISCONF/.test(error.message),
      ),
    );
    proxy.retarget(next.url);
    await eventually('a write', () => client.set('after', '1').catch(() => null), 5_000);
    expect(await nextAdmin.get('after')).toBe('1');
    administrator.disconnect();
    await full.kill(); // it would not stop without saving
  });

  it('does not disturb a read that waits when the server becomes a replica', async () => {
    await connect('worker');
    const waiting = client.bzpopmin('queue', 5);
    await eventually('a client that waits', async () =>
      /cmd=bzpopmin/.test((await formerAdmin.client('LIST')) as string),
    );
    proxy.retarget(next.url);
    await demote();
    await nextAdmin.zadd('queue', 1, 'job');
    expect((await waiting)?.slice(0, 2)).toEqual(['queue', 'job']);
  });

  it.each(ROLES)(
    'a %s connection leaves a server that is gone without a word',
    async (role) => {
      await connect(role);
      proxy.abandon();
      proxy.retarget(next.url);
      await eventually('a write', () => client.set('after', role).catch(() => null), 45_000);
      expect(await nextAdmin.get('after')).toBe(role);
    },
    60_000,
  );

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
