import { Database } from '../../infra/postgres/database.js';
import { FIND_REPLIES, type ReplyRow } from '../message/message.sql.js';
import { Inject, Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import type { RedisClient } from '../../infra/redis/connect.js';
import { REDIS } from '../../infra/redis/redis.module.js';
import { RedisSubscriber } from '../../infra/redis/subscriber.js';
import { type ReplyListener, type SubscriptionSource, ReplySubscription } from './reply-subscription.js';

const TICK = 1_000;
/** Milliseconds after which every row is looked at again, whatever Redis said. */
const LOOK_EVERY = 14_000;

/** The running replies that somebody of this process listens to: one feed each, one statement for all of them. */
@Injectable()
export class ReplySubscriptions implements OnApplicationShutdown {
  private readonly logger = new Logger(ReplySubscriptions.name);
  private readonly feeds = new Map<string, ReplySubscription>();
  private readonly dirty = new Set<ReplySubscription>();
  private readonly source: SubscriptionSource;
  private timer?: NodeJS.Timeout;
  private lookedAt = performance.now();
  private looking = false;

  constructor(
    private readonly database: Database,
    private readonly subscriber: RedisSubscriber,
    @Inject(REDIS) redis: RedisClient,
  ) {
    this.source = {
      redis,
      subscriber,
      read: async (id) => (await this.rows([id]))[0],
      changed: (feed) => this.schedule(feed),
    };
    subscriber.onReturn(() => void this.recover());
  }

  /**
   * Listens to a reply. The feed is open when this returns, and may be over already.
   * @throws AppError `service.unavailable` when PostgreSQL cannot be asked
   */
  async join(replyId: string, listener: ReplyListener): Promise<ReplySubscription> {
    const feed = this.feeds.get(replyId) ?? this.create(replyId);
    feed.listeners.add(listener);
    try {
      await feed.opened;
    } catch (error) {
      this.leave(feed, listener);
      throw error;
    }
    return feed;
  }

  /** The last one to leave closes the feed. */
  leave(feed: ReplySubscription, listener: ReplyListener): void {
    feed.listeners.delete(listener);
    if (feed.listeners.size === 0) this.drop(feed);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private create(replyId: string): ReplySubscription {
    const feed = new ReplySubscription(replyId, this.source);
    this.feeds.set(replyId, feed);
    this.timer ??= setInterval(() => void this.tick(), TICK);
    return feed;
  }

  private drop(feed: ReplySubscription): void {
    if (this.feeds.get(feed.replyId) !== feed) return;
    this.feeds.delete(feed.replyId);
    feed.close();
    if (this.feeds.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Listeners are told at the end of this turn of the event loop: the busier the process, the more one write carries. */
  private schedule(feed: ReplySubscription): void {
    if (feed.over) this.drop(feed);
    if (this.dirty.size === 0) setImmediate(() => this.tell());
    this.dirty.add(feed);
  }

  private tell(): void {
    const feeds = [...this.dirty];
    this.dirty.clear();
    for (const feed of feeds) for (const listener of feed.listeners) listener.changed();
  }

  private async recover(): Promise<void> {
    await Promise.all([...this.feeds.values()].map((feed) => feed.recover()));
    await this.tick();
  }

  /** Looks at all rows every so often, and every second at those that are in doubt: all of them while Redis is away. */
  private async tick(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    const all = performance.now() - this.lookedAt >= LOOK_EVERY;
    if (all) this.lookedAt = performance.now();
    const feeds = [...this.feeds.values()].filter((feed) => all || feed.needsLook || !this.subscriber.ready);
    try {
      if (feeds.length > 0) await this.look(feeds);
    } catch (error) {
      for (const feed of feeds) feed.needsLook = true;
      this.logger.debug(`replies were not looked at: ${(error as Error).message}`);
    } finally {
      this.looking = false;
    }
    await Promise.all([...this.feeds.values()].map((feed) => feed.catchUp()));
  }

  private async look(feeds: ReplySubscription[]): Promise<void> {
    const rows = await this.rows(feeds.map(({ replyId }) => replyId));
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const feed of feeds) feed.take(byId.get(feed.replyId));
  }

  private rows(ids: string[]): Promise<ReplyRow[]> {
    return this.database.query<ReplyRow>(FIND_REPLIES, [ids]);
  }
}
