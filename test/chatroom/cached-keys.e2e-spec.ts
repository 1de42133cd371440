import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import {
  deleteCachedKeys,
  deleteCachedKeysOfRoom,
  responseIndexKey,
  roomListKey,
} from '../../src/chatroom/cached-keys.js';
import { ResponseCache } from '../../src/chatroom/reply/response-cache.js';
import type { Settings } from '../../src/config/settings.js';
import { connectRedis, type RedisClient } from '../../src/infra/redis/connect.js';
import { eventually } from '../support/eventually.js';
import { openRoom } from '../support/rooms.js';
import { commandCalls, PrivateRedis } from '../support/private-redis.js';
import { System } from '../support/system.js';

const TTL = 600;
const RESPONSES = 1_200;

const conversation = (prompt: string) => ({
  model: 'a-model',
  systemInstruction: '',
  maxOutputTokens: 100,
  contents: [{ role: 'user' as const, text: prompt }],
});
const result = { text: 'A reply', finishReason: 'STOP', usage: {} } as Parameters<ResponseCache['keep']>[2];

const cacheOn = (redis: RedisClient, scope: 'user' | 'global', ttl = TTL) =>
  new ResponseCache(redis, {
    RESPONSE_CACHE_TTL_SECONDS: ttl,
    RESPONSE_CACHE_SCOPE: scope,
  } as Settings);

async function fill(redis: RedisClient, userId: string, count: number): Promise<void> {
  const cache = cacheOn(redis, 'user');
  const origin = { userId, chatroomId: randomUUID() };
  for (let at = 0; at < count; at++) await cache.keep(origin, conversation(`prompt ${at}`), result);
}

const servers = [
  ['Redis', () => PrivateRedis.start(), false],
  ...(process.platform === 'linux'
    ? ([['a Redis Cluster', () => PrivateRedis.startCluster(), true]] as const)
    : []),
] as const;

describe.each(servers)('what %s has cached of a person', (_, start, isCluster) => {
  let server: PrivateRedis;
  let redis: RedisClient;
  let admin: Redis;
  beforeAll(async () => {
    server = await start();
    admin = new Redis(server.url);
    redis = connectRedis({ REDIS_URL: server.url, REDIS_CLUSTER: isCluster }, 'command');
    await eventually('a connection', () => redis.status === 'ready');
  }, 30_000);
  beforeEach(() => admin.flushdb());
  afterAll(async () => {
    redis.disconnect();
    admin.disconnect();
    await server.stop();
  });

  it('is deleted, and nothing of anybody else', async () => {
    const [leaving, staying] = [randomUUID(), randomUUID()];
    await fill(redis, leaving, RESPONSES);
    await fill(redis, staying, 1);
    const shared = { userId: leaving, chatroomId: randomUUID() };
    await cacheOn(redis, 'global').keep(shared, conversation('shared'), result);
    await cacheOn(redis, 'global').keep({ ...shared, userId: staying }, conversation('other'), result);
    for (const id of [leaving, staying]) await redis.set(roomListKey(id), 'a page', 'EX', TTL);
    expect(await admin.dbsize()).toBe(RESPONSES + 1 + 2 + 2 + 2);
    await deleteCachedKeys(redis, leaving);
    expect(await admin.keys(`*${leaving}*`)).toEqual([]);
    expect(await cacheOn(redis, 'user').find(staying, conversation('prompt 0'))).toEqual(result);
    expect(await cacheOn(redis, 'global').find(staying, conversation('shared'))).toBeNull();
    expect(await cacheOn(redis, 'global').find(staying, conversation('other'))).toEqual(result);
    expect(await redis.get(roomListKey(staying))).toBe('a page');
  });

  it.each(['user', 'global'] as const)(
    'goes with its room, and what is of other rooms stays: %s',
    async (scope) => {
      const [userId, deleted, kept] = [randomUUID(), randomUUID(), randomUUID()];
      const cache = cacheOn(redis, scope);
      await cache.keep({ userId, chatroomId: deleted }, conversation('one'), result);
      await cache.keep({ userId, chatroomId: deleted }, conversation('two'), result);
      await cache.keep({ userId, chatroomId: kept }, conversation('three'), result);
      await redis.set(roomListKey(userId), 'a page', 'EX', TTL);
      await deleteCachedKeysOfRoom(redis, userId, deleted);
      const found = ['one', 'two', 'three'].map((prompt) => cache.find(userId, conversation(prompt)));
      expect(await Promise.all(found)).toEqual([null, null, result]);
      expect(await redis.zcard(responseIndexKey(userId))).toBe(1);
      expect(await redis.exists(roomListKey(userId))).toBe(0);
    },
  );

  it('expires, its index too, and the index forgets what has expired', async () => {
    const userId = randomUUID();
    await redis.zadd(responseIndexKey(userId), 1, 'a key of long ago');
    await fill(redis, userId, 2);
    const keys = await admin.keys(`*${userId}*`);
    expect(keys).toHaveLength(3);
    for (const key of keys) expect(await admin.ttl(key)).toBeGreaterThan(TTL - 30);
    const indexed = await redis.zrange(responseIndexKey(userId), '0', '-1');
    const indexedKeys = indexed.map((member) => member.split(' ')[1]);
    expect(indexedKeys.sort()).toEqual(keys.filter((key) => key !== responseIndexKey(userId)).sort());
  });
});

describe('deleting an account', () => {
  let server: PrivateRedis;
  let system: System;
  beforeAll(async () => {
    server = await PrivateRedis.start();
    system = await System.start({ env: { REDIS_URL: server.url } });
  }, 60_000);
  afterAll(async () => {
    await system?.stop();
    await server?.stop();
  });

  it('walks over no keys, however many Redis has', async () => {
    const me = await system.signedIn();
    await openRoom(me);
    await me.get('/chatroom');
    await fill(system.redis, me.user.id, 3);
    const foreign = system.redis.pipeline();
    for (let at = 0; at < 50_000; at++) foreign.set(`foreign:${at}:key`, '1');
    await foreign.exec();
    await eventually(
      'the cached page',
      async () => (await system.redis.exists(roomListKey(me.user.id))) === 1,
    );
    await system.redis.config('RESETSTAT');
    expect((await me.delete('/user/me', { confirm: 'delete my account' })).status).toBe(204);
    const left = () => system.redis.exists(roomListKey(me.user.id), responseIndexKey(me.user.id));
    await eventually('the keys are gone', async () => (await left()) === 0, 60_000);
    const calls = await commandCalls(system.redis);
    expect(calls.get('unlink')).toBeGreaterThan(0);
    expect([calls.get('scan') ?? 0, calls.get('keys') ?? 0]).toEqual([0, 0]);
    await eventually('nothing else is left either, the job of the purge included', async () => {
      const mine = await system.redis.keys(`*${me.user.id}*`);
      return mine.every((key) => key.startsWith('rate:'));
    });
  }, 120_000);
});
