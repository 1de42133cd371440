import { Inject, Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import pLimit from 'p-limit';
import { Database } from '../../infra/postgres/database.js';
import type { RedisClient } from '../../infra/redis/connect.js';
import { REDIS } from '../../infra/redis/redis.module.js';
import { RedisSubscriber } from '../../infra/redis/subscriber.js';
import { FIND_REPLIES, type ReplyRow } from '../message/message.sql.js';
import { type ReplyListener, type SubscriptionSource, ReplySubscription } from './reply-subscription.js';

/** Milliseconds between two checks for subscriptions whose row or stream is to be read. */
const CHECK_EVERY = 1_000;
/** Milliseconds after which every row is read again, whatever Redis published. */
const READ_ALL_EVERY = 14_000;
/**
 * Streams that are read at once while catching up. After an outage every followed reply lacks entries: all their streams at
 * once would exceed the command timeout of Redis, and the commands of requests with them.
 */
const CONCURRENT_READS = 20;

/** The replies that this process has listeners for: one subscription a reply, one statement for all their rows. */
@Injectable()
export class ReplySubscriptions implements OnApplicationShutdown {
  private readonly logger = new Logger(ReplySubscriptions.name);
  private readonly subscriptions = new Map<string, ReplySubscription>();
  private readonly changed = new Set<ReplySubscription>();
  private readonly source: SubscriptionSource;
  private timer?: NodeJS.Timeout;
  private allReadAt = performance.now();
  private readingRows = false;

  constructor(
    private readonly database: Database,
    private readonly subscriber: RedisSubscriber,
    @Inject(REDIS) redis: RedisClient,
  ) {
    this.source = {
      redis,
      subscriber,
      limitReads: pLimit(CONCURRENT_READS),
      readRow: async (id) => (await this.findRows([id]))[0],
      changed: (subscription) => this.notifySoon(subscription),
    };
    subscriber.onReturn(() => void this.recover());
  }

  /**
   * Adds a listener to a reply. The subscription is open when this returns, and may be finished already.
   * @throws AppError `service.unavailable` when PostgreSQL cannot be read
   */
  async add(replyId: string, listener: ReplyListener): Promise<ReplySubscription> {
    const subscription = this.subscriptions.get(replyId) ?? this.create(replyId);
    subscription.listeners.add(listener);
    try {
      await subscription.opened;
    } catch (error) {
      this.remove(subscription, listener);
      throw error;
    }
    return subscription;
  }

  /** Removes a listener; the last one closes the subscription. */
  remove(subscription: ReplySubscription, listener: ReplyListener): void {
    subscription.listeners.delete(listener);
    if (subscription.listeners.size === 0) this.close(subscription);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private create(replyId: string): ReplySubscription {
    const subscription = new ReplySubscription(replyId, this.source);
    this.subscriptions.set(replyId, subscription);
    this.timer ??= setInterval(() => void this.check(), CHECK_EVERY);
    return subscription;
  }

  private close(subscription: ReplySubscription): void {
    if (this.subscriptions.get(subscription.replyId) !== subscription) return;
    this.subscriptions.delete(subscription.replyId);
    subscription.close();
    if (this.subscriptions.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Listeners are informed at the end of this turn of the event loop: the busier the process, the more one write carries. */
  private notifySoon(subscription: ReplySubscription): void {
    if (subscription.finished) this.close(subscription);
    if (this.changed.size === 0) setImmediate(() => this.notify());
    this.changed.add(subscription);
  }

  private notify(): void {
    const subscriptions = [...this.changed];
    this.changed.clear();
    for (const { listeners } of subscriptions) for (const listener of listeners) listener.changed();
  }

  private async recover(): Promise<void> {
    for (const subscription of this.subscriptions.values()) subscription.markStale();
    await this.catchUp();
    await this.check();
  }

  private async check(): Promise<void> {
    await this.readRows();
    await this.catchUp();
  }

  /** Reads all rows every 14 s, and every second those in doubt: all of them while Redis is away. */
  private async readRows(): Promise<void> {
    if (this.readingRows) return;
    this.readingRows = true;
    const all = performance.now() - this.allReadAt >= READ_ALL_EVERY;
    if (all) this.allReadAt = performance.now();
    const due = [...this.subscriptions.values()].filter(
      ({ needsRow }) => all || needsRow || !this.subscriber.ready,
    );
    try {
      const rows = due.length > 0 ? await this.findRows(due.map(({ replyId }) => replyId)) : [];
      const byId = new Map(rows.map((row) => [row.id, row]));
      for (const subscription of due) subscription.applyRow(byId.get(subscription.replyId));
    } catch (error) {
      for (const subscription of due) subscription.needsRow = true;
      this.logger.debug(`the rows of replies were not read: ${(error as Error).message}`);
    } finally {
      this.readingRows = false;
    }
  }

  private async catchUp(): Promise<void> {
    await Promise.all([...this.subscriptions.values()].map((subscription) => subscription.catchUp()));
  }

  private findRows(ids: string[]): Promise<ReplyRow[]> {
    return this.database.query(FIND_REPLIES, [ids]);
  }
}
