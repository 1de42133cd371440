import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { ReplyRow } from '../../src/chatroom/message/message.sql.js';
import { ReplySubscription } from '../../src/chatroom/stream/reply-subscription.js';
import type { Settings } from '../../src/config/settings.js';
import { connectRedis, type RedisClient } from '../../src/infra/redis/connect.js';
import { RedisSubscriber } from '../../src/infra/redis/subscriber.js';
import { createRedisDatabase } from '../support/databases.js';
import { eventually } from '../support/eventually.js';

describe('what listens to a reply', () => {
  let redis: RedisClient;
  let subscriber: RedisSubscriber;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    const settings = { REDIS_URL: await createRedisDatabase(), REDIS_CLUSTER: false } as Settings;
    redis = connectRedis(settings, 'command');
    subscriber = new RedisSubscriber(settings);
    await eventually('connections', () => redis.status === 'ready' && subscriber.ready);
  });
  afterAll(() => {
    redis.disconnect();
    subscriber.onApplicationShutdown();
  });

  const row = (status: ReplyRow['status'], claim: number) => ({ status, claim, content: '' }) as ReplyRow;
  const open = async (first: ReplyRow) => {
    const read = () => Promise.resolve(first);
    const feed = new ReplySubscription(randomUUID(), { redis, subscriber, read, changed: () => undefined });
    await feed.opened;
    return feed;
  };

  it('looks once more at what may have ended while it began to listen', async () => {
    expect((await open(row('in_progress', 1))).needsLook).toBe(true);
  });

  it('does not take the end of an earlier run, read before and heard of late, for the end of this one', async () => {
    const feed = await open(row('in_progress', 1));
    feed.take(row('queued', 2));
    feed.take(row('cancelled', 1));
    expect([feed.over, feed.needsLook]).toEqual([false, true]);
    feed.take(row('completed', 3));
    expect([feed.over, feed.ended?.row.claim]).toEqual([true, 3]);
  });
});
