import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import pg from 'pg';
import { replyStreamKey, toStreamFields, type ReplyEntry } from '../../src/chatroom/reply-channel.js';
import { ReplySubscriptions } from '../../src/chatroom/stream/reply-subscriptions.js';
import type { Settings } from '../../src/config/settings.js';
import { Database } from '../../src/infra/postgres/database.js';
import { connectRedis, type RedisClient } from '../../src/infra/redis/connect.js';
import { RedisSubscriber } from '../../src/infra/redis/subscriber.js';
import { createDatabase } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { buildRoom, buildUser } from '../support/factories.js';
import { commandCalls, PrivateRedis } from '../support/private-redis.js';
import { DEFAULTS } from '../support/system.js';

const REPLIES = 2_000;
const AT_ONCE = 20;

/** Passes everything on, and counts the XRANGE that Redis has not answered yet. */
class ReadCounter {
  inFlight = 0;
  most = 0;

  watch<T extends RedisClient>(redis: T): T {
    return new Proxy(redis, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const result: unknown = Reflect.apply(value, target, args);
          if (name === 'xrange') this.count(result as Promise<unknown>);
          return result;
        };
      },
    });
  }

  private count(command: Promise<unknown>): void {
    this.inFlight += 1;
    this.most = Math.max(this.most, this.inFlight);
    const settled = () => (this.inFlight -= 1);
    command.then(settled, settled);
  }
}

describe('after Redis was away', () => {
  const reads = new ReadCounter();
  let server: PrivateRedis;
  let admin: Redis;
  let db: pg.Pool;
  let drop: () => Promise<void>;
  let database: Database;
  let redis: RedisClient;
  let subscriber: RedisSubscriber;
  let subscriptions: ReplySubscriptions;
  let replyIds: string[];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    server = await PrivateRedis.start();
    admin = new Redis(server.url);
    const created = await createDatabase();
    drop = created.drop;
    db = new pg.Pool({ connectionString: created.url, max: 2 });
    database = new Database({
      DATABASE_URL: created.url,
      DATABASE_POOL_SIZE: 5,
      DATABASE_PREPARED_STATEMENTS: true,
    } as Settings);
    const settings = { REDIS_URL: server.url, REDIS_CLUSTER: false } as Settings;
    redis = connectRedis(settings, 'command');
    subscriber = new RedisSubscriber(settings);
    subscriptions = new ReplySubscriptions(database, subscriber, reads.watch(redis));
    await eventually('connections', () => redis.status === 'ready' && subscriber.ready);
    replyIds = await buildReplies();
  }, 60_000);
  afterAll(async () => {
    subscriptions.onApplicationShutdown();
    subscriber.onApplicationShutdown();
    redis.disconnect();
    admin.disconnect();
    await database.onApplicationShutdown();
    await db.end();
    await drop();
    await server.stop();
  });

  async function buildReplies(): Promise<string[]> {
    const user = await buildUser(db, DEFAULTS);
    const room = await buildRoom(db, user.id);
    const { rows } = await db.query<{ id: string }>(
      `WITH turn AS (SELECT gen_random_uuid() AS prompt, n FROM generate_series(1, $2::int) n), prompts AS (
         INSERT INTO message (id, chatroom_id, number, role, status, completed_at)
         SELECT prompt, $1, 2 * n - 1, 'user', 'completed', now() FROM turn)
       INSERT INTO message (id, chatroom_id, number, role, status, claim, reply_to)
       SELECT gen_random_uuid(), $1, 2 * n, 'model', 'queued', 1, prompt FROM turn RETURNING id`,
      [room, REPLIES],
    );
    return rows.map(({ id }) => id);
  }

  it(`${REPLIES} followed replies catch up, ${AT_ONCE} streams at once`, async () => {
    const listener = { changed: () => undefined };
    for (let at = 0; at < REPLIES; at += AT_ONCE)
      await Promise.all(replyIds.slice(at, at + AT_ONCE).map((id) => subscriptions.add(id, listener)));
    await eventually('no read is under way', () => reads.inFlight === 0);
    await publishWithoutChannel({ kind: 'delta', claim: 1, attempt: 1, offset: 0, text: 'missed' });
    await admin.config('RESETSTAT');
    reads.most = 0;

    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    const missing = new Set(replyIds);
    await eventually(
      'everything that was missed',
      async () => {
        for (const id of missing) if (await hasText(id)) missing.delete(id);
        return missing.size === 0;
      },
      30_000,
    );
    expect((await commandCalls(admin)).get('xrange')).toBeGreaterThanOrEqual(REPLIES);
    expect(reads.most).toBeGreaterThan(1);
    expect(reads.most).toBeLessThanOrEqual(AT_ONCE);
  }, 120_000);

  /** Into the streams alone: what is published while there is no subscription. */
  async function publishWithoutChannel(entry: ReplyEntry): Promise<void> {
    const pipeline = admin.pipeline();
    for (const id of replyIds) pipeline.xadd(replyStreamKey(id), '*', ...toStreamFields(entry));
    await pipeline.exec();
  }

  async function hasText(replyId: string): Promise<boolean> {
    const listener = { changed: () => undefined };
    const subscription = await subscriptions.add(replyId, listener);
    const { bytes } = subscription.next(null);
    subscriptions.remove(subscription, listener);
    return bytes?.includes('missed') ?? false;
  }
});
