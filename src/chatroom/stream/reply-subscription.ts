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
import type { ReplyRow } from '../message/message.sql.js';
import { ReplyText } from './reply-text.js';
import { toFrames } from './stream-events.js';
import type { StreamCursor } from './stream-events.js';
import { eventsAtEnd, eventsWhileRunning, type Ended } from './stream-events.js';

/** Milliseconds between two readings of a stream that lacks something. */
const SYNC_EVERY = 1_000;

/** What a listener is to be sent, and where it stands then. */
export interface EventBatch {
  bytes: Buffer | null;
  position: StreamCursor;
}

export interface ReplyListener {
  /** There is something new: text, another claim, the ending, or the row is gone. */
  changed(): void;
}

/** What a feed is made from. */
export interface SubscriptionSource {
  redis: RedisClient;
  subscriber: RedisSubscriber;
  /** @throws AppError `service.unavailable` */
  read: (replyId: string) => Promise<ReplyRow | undefined>;
  /** Called for each change; listeners are told by whoever gets it. */
  changed: (feed: ReplySubscription) => void;
}

const FINAL = new Set<ReplyRow['status']>(['completed', 'failed', 'cancelled', 'incomplete']);

/** One running reply in this process: its text once, whatever the number of listeners. */
export class ReplySubscription {
  readonly listeners = new Set<ReplyListener>();
  readonly assembly = new ReplyText();
  /** Settles when the first look at PostgreSQL, and at Redis where that was needed, is done. */
  readonly opened: Promise<void>;
  /** How the reply ended, once it did. */
  ended: Ended | null = null;
  /** The row is no more: there will be no ending. */
  gone = false;
  /** The row is to be looked at soon. */
  needsLook = false;
  /** The portion asked for last: most listeners stand where the others stand. */
  private shared: { from: string; portion: EventBatch } | null = null;
  private followed = false;
  private needsSync = false;
  private reading: Promise<void> | null = null;
  /** What was published while the stream is being read. */
  private held: ReplyEntry[] | null = null;
  private syncedAt = -Infinity;
  private readonly logger = new Logger(ReplySubscription.name);

  constructor(
    readonly replyId: string,
    private readonly source: SubscriptionSource,
  ) {
    this.opened = this.open();
  }

  /** Whether text comes in from Redis, as far as one knows. */
  get live(): boolean {
    return this.followed && this.source.subscriber.ready;
  }

  get over(): boolean {
    return this.gone || this.ended !== null;
  }

  /** What a listener at that position lacks. */
  next(position: StreamCursor): EventBatch {
    const from = position ? `${position.claim}:${position.offset}` : '';
    if (this.shared?.from !== from) this.shared = { from, portion: this.portion(position) };
    return this.shared.portion;
  }

  /** Takes what PostgreSQL says. */
  take(row: ReplyRow | undefined): void {
    if (this.over) return;
    // Read before a newer run began, and heard of only now.
    this.needsLook = row !== undefined && row.claim < this.assembly.claim;
    if (this.needsLook) return;
    if (!row) this.gone = true;
    else if (FINAL.has(row.status)) this.ended = { row, consistent: this.isBeginningOf(row) };
    else if (this.assembly.raise(row.claim)) this.voided(row.status);
    if (this.over) this.changed();
  }

  /** Reads the stream where text is missing, at most once a second. */
  async catchUp(): Promise<void> {
    if (this.needsSync && performance.now() - this.syncedAt >= SYNC_EVERY) await this.sync();
  }

  /** After Redis was away: anything may have been missed. */
  async recover(): Promise<void> {
    this.needsLook = true;
    if (!this.over) await this.sync();
  }

  close(): void {
    this.source.subscriber.unsubscribe(replyChannel(this.replyId));
  }

  private async open(): Promise<void> {
    this.take(await this.source.read(this.replyId));
    if (this.over) return;
    try {
      await this.source.subscriber.subscribe(replyChannel(this.replyId), (message) =>
        this.receive(fromPublished(message)),
      );
    } catch (error) {
      this.logger.debug(`${this.replyId} is not followed: ${(error as Error).message}`);
      this.needsSync = true;
      return;
    }
    // What was said between the two, a cancellation say, is said only once.
    this.needsLook = true;
    await this.sync();
    // Once more: a single slow answer is no reason to turn a listener away.
    if (!this.followed) await this.sync();
  }

  private portion(position: StreamCursor): EventBatch {
    const scene = this.ended
      ? eventsAtEnd(position, this.ended)
      : eventsWhileRunning(position, this.assembly);
    const bytes = scene.events.length > 0 ? Buffer.from(toFrames(scene.events)) : null;
    return { bytes, position: scene.position };
  }

  /** A newer claim than any that was heard of: its beginning was missed, or has not come yet. */
  private voided(status: ReplyRow['status']): void {
    this.shared = null;
    if (status === 'in_progress') this.needsSync = true;
  }

  private changed(): void {
    this.shared = null;
    this.source.changed(this);
  }

  private receive(entry: ReplyEntry): void {
    if (this.held) this.held.push(entry);
    else this.apply(entry);
  }

  private apply(entry: ReplyEntry): void {
    const effect = this.assembly.apply(entry);
    if (effect === 'changed') this.changed();
    if (effect === 'end') void this.look();
    if (effect !== 'gap') return;
    this.needsSync = true;
    void this.catchUp();
  }

  /** Replays the stream; whoever asks while that is done gets the same reading. */
  private sync(): Promise<void> {
    this.reading ??= this.read().finally(() => (this.reading = null));
    return this.reading;
  }

  /** What is published meanwhile comes after what is read. */
  private async read(): Promise<void> {
    const meanwhile: ReplyEntry[] = [];
    this.held = meanwhile;
    this.syncedAt = performance.now();
    this.needsSync = false;
    try {
      const entries = await this.source.redis.xrange(replyStreamKey(this.replyId), '-', '+');
      this.followed = true;
      this.held = null;
      for (const [, fields] of entries) this.apply(fromStreamFields(fields));
    } catch (error) {
      this.logger.debug(`${this.replyId} was not read: ${(error as Error).message}`);
      this.needsSync = true;
      this.held = null;
    }
    for (const entry of meanwhile) this.apply(entry);
  }

  private async look(): Promise<void> {
    this.needsLook = true;
    try {
      this.take(await this.source.read(this.replyId));
    } catch (error) {
      this.logger.debug(`${this.replyId} was not looked at: ${(error as Error).message}`);
    }
  }

  private isBeginningOf({ claim, content }: ReplyRow): boolean {
    const { assembly } = this;
    return assembly.claim !== claim || (content ?? '').startsWith(assembly.text);
  }
}
