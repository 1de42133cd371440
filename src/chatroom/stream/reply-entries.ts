import { Logger } from '@nestjs/common';
import type { RedisClient } from '../../infra/redis/connect.js';
import type { RedisSubscriber } from '../../infra/redis/subscriber.js';
import {
  fromPublished,
  fromStreamFields,
  replyChannel,
  replyStreamKey,
  type ReplyEntry,
} from '../reply-channel.js';

/** Milliseconds between two reads of a stream from which something is missing. */
const READ_EVERY = 1_000;

/** Where entries come from. */
export interface EntrySource {
  redis: RedisClient;
  subscriber: RedisSubscriber;
  /** Delays a read while too many other replies are being read. */
  limitReads: (read: () => Promise<void>) => Promise<void>;
}

/** The published entries of one reply: from its channel as they come, from its stream where some were missed. */
export class ReplyEntries {
  private readonly logger = new Logger(ReplyEntries.name);
  private hasBeenRead = false;
  private needsRead = false;
  private readAt = -Infinity;
  private reading: Promise<void> | null = null;
  /** What was published while the stream is being read. */
  private buffered: ReplyEntry[] | null = null;

  constructor(
    private readonly replyId: string,
    private readonly source: EntrySource,
    private readonly apply: (entry: ReplyEntry) => void,
  ) {}

  /** Whether entries arrive, as far as is known without a command to Redis. */
  get live(): boolean {
    return this.hasBeenRead && this.source.subscriber.ready;
  }

  /**
   * Subscribes to the channel, then reads what the stream already has. Without Redis that is done later, by `catchUp`.
   * The read is not delayed by the reads of other replies: a client waits for it.
   */
  async open(): Promise<void> {
    try {
      await this.source.subscriber.subscribe(replyChannel(this.replyId), (message) =>
        this.receive(fromPublished(message)),
      );
    } catch (error) {
      this.logger.debug(`no subscription to ${this.replyId}: ${(error as Error).message}`);
      this.needsRead = true;
      return;
    }
    await this.readOnce((read) => read());
    // Once more: one slow response of Redis is no reason to refuse the client.
    if (!this.hasBeenRead) await this.readOnce((read) => read());
  }

  /** Entries are missing: the stream is read by the next `catchUp`, at most once a second. */
  requireRead(): void {
    this.needsRead = true;
  }

  /** Any entry may be missing: the stream is read by the next `catchUp`. */
  markStale(): void {
    this.needsRead = true;
    this.readAt = -Infinity;
  }

  /** Reads the stream where that is required and due. */
  async catchUp(): Promise<void> {
    if (!this.needsRead || performance.now() - this.readAt < READ_EVERY) return;
    await this.readOnce(this.source.limitReads);
  }

  close(): void {
    this.source.subscriber.unsubscribe(replyChannel(this.replyId));
  }

  private receive(entry: ReplyEntry): void {
    if (this.buffered) this.buffered.push(entry);
    else this.apply(entry);
  }

  /** Calls that come before a read has ended share that read. */
  private readOnce(schedule: EntrySource['limitReads']): Promise<void> {
    this.reading ??= schedule(() => this.read()).finally(() => (this.reading = null));
    return this.reading;
  }

  /** Applies the stream, then what was published during the read. */
  private async read(): Promise<void> {
    const buffered: ReplyEntry[] = [];
    this.buffered = buffered;
    this.readAt = performance.now();
    this.needsRead = false;
    try {
      const entries = await this.source.redis.xrange(replyStreamKey(this.replyId), '-', '+');
      this.hasBeenRead = true;
      this.buffered = null;
      for (const [, fields] of entries) this.apply(fromStreamFields(fields));
    } catch (error) {
      this.logger.debug(`the stream of ${this.replyId} was not read: ${(error as Error).message}`);
      this.needsRead = true;
      this.buffered = null;
    }
    for (const entry of buffered) this.apply(entry);
  }
}
