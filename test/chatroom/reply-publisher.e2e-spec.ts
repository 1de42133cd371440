import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { ReplyPublisher } from '../../src/chatroom/reply/reply.publisher.js';
import type { Settings } from '../../src/config/settings.js';
import { connectRedis, type RedisClient } from '../../src/infra/redis/connect.js';
import { eventually, holds } from '../support/eventually.js';
import { PrivateRedis } from '../support/private-redis.js';

describe('what publishes a reply', () => {
  let server: PrivateRedis;
  let redis: RedisClient;

  beforeAll(async () => {
    // It tells, at debug, of every time that Redis did not answer.
    Logger.overrideLogger(false);
    server = await PrivateRedis.start();
    redis = connectRedis({ REDIS_URL: server.url, REDIS_CLUSTER: false } as Settings, 'command');
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
});
