import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import {
  fromPublished,
  fromStreamFields,
  ReplyChannel,
  REPLY_STREAM_LIFE,
  replyChannel,
  type ReplyEntry,
  replyStreamKey,
} from '../../src/chatroom/reply-channel.js';
import { ReplyPublisher } from '../../src/chatroom/reply/reply.publisher.js';
import { connectRedis, type RedisClient } from '../../src/infra/redis/connect.js';
import { eventually, holds } from '../support/eventually.js';
import { PrivateRedis } from '../support/private-redis.js';

describe('what publishes a reply', () => {
  let server: PrivateRedis;
  let redis: RedisClient;

  beforeAll(async () => {
    // It logs, at debug, each time that Redis did not respond.
    Logger.overrideLogger(false);
    server = await PrivateRedis.start();
    redis = connectRedis({ REDIS_URL: server.url, REDIS_CLUSTER: false }, 'command');
    await eventually('a connection', () => redis.status === 'ready');
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  it.each(['end', 'close'] as const)('rests after its %s, though Redis failed just then', async (last) => {
    let looks = 0;
    const held = () => {
      looks += 1;
      return true;
    };
    const publisher = new ReplyPublisher(redis, { replyId: randomUUID(), claim: 1, attempt: 1, held });
    server.freeze();
    try {
      publisher.begin();
      await eventually('a flush is under way', () => looks === 1);
      await publisher[last]();
      await holds(1_500, async () => expect(looks).toBe(1));
    } finally {
      server.thaw();
      await eventually('Redis answers', async () => (await redis.ping()) === 'PONG');
    }
  });

  it('publishes each flush with one command, into the stream and the channel alike', async () => {
    const replyId = randomUUID();
    const listener = new Redis(server.url);
    const monitor = await listener.monitor();
    const commands: string[] = [];
    monitor.on('monitor', (_time: string, [name = '', ...args]: string[], source: string) => {
      if (source !== 'lua' && args.some((arg) => arg.includes(replyStreamKey(replyId))))
        commands.push(name.toLowerCase().replace('evalsha', 'eval'));
    });
    const published: ReplyEntry[] = [];
    listener.on('message', (_channel: string, message: string) => published.push(fromPublished(message)));
    await listener.subscribe(replyChannel(replyId));
    const publisher = new ReplyPublisher(redis, { replyId, claim: 3, attempt: 2, held: () => true });
    publisher.begin();
    publisher.add('Hello');
    await eventually('a flush', () => published.length === 2);
    publisher.add(', world');
    await publisher.end();
    const entries = [
      { kind: 'begin', claim: 3, attempt: 2 },
      { kind: 'delta', claim: 3, attempt: 2, offset: 0, text: 'Hello' },
      { kind: 'delta', claim: 3, attempt: 2, offset: 5, text: ', world' },
      { kind: 'end', claim: 3 },
    ];
    await eventually('the end', () => published.length === 4);
    expect(published).toEqual(entries);
    await eventually('both commands', () => commands.length >= 2);
    const stored = await redis.xrange(replyStreamKey(replyId), '-', '+');
    expect(stored.map(([, fields]) => fromStreamFields(fields))).toEqual(entries);
    await eventually('all commands so far', () => commands.includes('xrange'));
    expect(commands).toEqual(['eval', 'eval', 'xrange']);
    expect(await redis.ttl(replyStreamKey(replyId))).toBeGreaterThan(REPLY_STREAM_LIFE - 10);
    monitor.disconnect();
    listener.disconnect();
  });

  it('publishes the whole text again where Redis lost the stream and its scripts', async () => {
    const replyId = randomUUID();
    const publisher = new ReplyPublisher(redis, { replyId, claim: 1, attempt: 1, held: () => true });
    const text = async () => new ReplyChannel(redis).textOf(replyId, 1);
    publisher.add('Hello');
    await eventually('the text', async () => (await text()) === 'Hello');
    await redis.flushdb();
    await redis.script('FLUSH');
    publisher.add(', world');
    await eventually('the whole text', async () => (await text()) === 'Hello, world');
    await publisher.end();
  });
});
