import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { ReplyRow } from '../../src/chatroom/message/message.sql.js';
import { ReplySubscription } from '../../src/chatroom/stream/reply-subscription.js';
import type { Settings } from '../../src/config/settings.js';
import { connectRedis, type RedisClient } from '../../src/infra/redis/connect.js';
import { RedisSubscriber } from '../../src/infra/redis/subscriber.js';
import { createRedisDatabase } from '../support/databases.js';
import { eventually } from '../support/eventually.js';

describe('the subscription to a reply', () => {
  let redis: RedisClient;
  let subscriber: RedisSubscriber;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    const settings = { REDIS_URL: await createRedisDatabase(), REDIS_CLUSTER: false } as Settings;
    redis = connectRedis(settings, 'command');
    subscriber = new RedisSubscriber(settings);
    subscriber.onReturn(() => undefined);
    await eventually('connections', () => redis.status === 'ready' && subscriber.ready);
  });
  afterAll(() => {
    redis.disconnect();
    subscriber.onApplicationShutdown();
  });

  const row = (status: ReplyRow['status'], claim: number) => ({ status, claim, content: '' }) as ReplyRow;
  const open = async (first: ReplyRow) => {
    const subscription = new ReplySubscription(randomUUID(), {
      redis,
      subscriber,
      limitReads: (read) => read(),
      readRow: () => Promise.resolve(first),
      changed: () => undefined,
    });
    await subscription.opened;
    return subscription;
  };

  it('reads the row once more: the reply may have ended while the subscription began', async () => {
    expect((await open(row('in_progress', 1))).needsRow).toBe(true);
  });

  it('does not take the end of an earlier run, read before and applied late, for the end of this one', async () => {
    const subscription = await open(row('in_progress', 1));
    subscription.applyRow(row('queued', 2));
    subscription.applyRow(row('cancelled', 1));
    expect([subscription.finished, subscription.needsRow]).toEqual([false, true]);
    subscription.applyRow(row('completed', 3));
    expect([subscription.finished, subscription.ended?.row.claim]).toEqual([true, 3]);
  });
});
