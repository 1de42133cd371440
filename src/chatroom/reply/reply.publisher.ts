import { Logger } from '@nestjs/common';
import type { RedisClient } from '../../infra/redis/connect.js';
import {
  REPLY_STREAM_LENGTH,
  REPLY_STREAM_LIFE,
  replyChannel,
  replyStreamKey,
  toPublished,
  toStreamFields,
  type ReplyEntry,
} from '../reply-channel.js';

/** Milliseconds: a delta goes out at once when none went out for that long, else it waits for the others of that time. */
const BATCH = 20;
const RETRY = 250;

interface Source {
  replyId: string;
  claim: number;
  attempt: number;
  /** Whether the claim may still publish. */
  held: () => boolean;
}

/** Publishes the text of one claim as it grows. What Redis did not take is sent again with what follows: offsets make that harmless. */
export class ReplyPublisher {
  private readonly logger = new Logger(ReplyPublisher.name);
  private readonly key: string;
  private readonly channel: string;
  private text = '';
  private sent = 0;
  /** Entries since the whole text was published: the stream holds them all, or Redis lost it. */
  private entries = 0;
  private lastFlush = -Infinity;
  private timer?: NodeJS.Timeout;
  private closed = false;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly redis: RedisClient,
    private readonly source: Source,
  ) {
    this.key = replyStreamKey(source.replyId);
    this.channel = replyChannel(source.replyId);
  }

  /** Everything generated so far. */
  get content(): string {
    return this.text;
  }

  /** Tells listeners that a claim begins, so that what an earlier one published is void. */
  begin(): void {
    this.schedule(0);
  }

  add(delta: string): void {
    this.text += delta;
    this.schedule(Math.max(0, this.lastFlush + BATCH - performance.now()));
  }

  /** Sends what is left, then the hint that PostgreSQL has the ending. */
  async end(): Promise<void> {
    this.close();
    await this.flush([{ kind: 'end', claim: this.source.claim }]);
  }

  /** Publishes nothing more by itself, also where a flush that is under way fails. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private schedule(delay: number): void {
    if (this.closed) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.flush();
    }, delay);
  }

  private flush(after: ReplyEntry[] = []): Promise<void> {
    this.flushing = this.flushing.then(() => this.send(after));
    return this.flushing;
  }

  private async send(after: ReplyEntry[]): Promise<void> {
    if (after.length === 0 && !this.source.held()) return this.schedule(RETRY);
    this.lastFlush = performance.now();
    const upTo = this.text.length;
    const entries = [...this.pending(upTo), ...after];
    if (entries.length === 0) return;
    try {
      const length = await this.write(entries);
      this.entries += entries.length;
      this.sent = upTo;
      const lost = length < Math.min(this.entries, REPLY_STREAM_LENGTH);
      if (lost || this.entries >= REPLY_STREAM_LENGTH / 2) this.beginAgain();
    } catch (error) {
      this.logger.debug(`deltas of ${this.source.replyId} wait for Redis: ${(error as Error).message}`);
      if (after.length === 0) this.schedule(RETRY);
    }
  }

  private pending(upTo: number): ReplyEntry[] {
    const { claim, attempt } = this.source;
    const text = this.text.slice(this.sent, upTo);
    return [
      ...(this.entries === 0 ? [{ kind: 'begin', claim, attempt } as const] : []),
      ...(text ? [{ kind: 'delta', claim, attempt, offset: this.sent, text } as const] : []),
    ];
  }

  /**
   * The whole text again, for those who come now: the stream was lost on the way (flushed, restarted empty), or grew so
   * long that its beginning will be trimmed.
   */
  private beginAgain(): void {
    this.entries = 0;
    this.sent = 0;
    this.schedule(0);
  }

  /** @returns the length of the stream, counting only this claim's entries when it began with them */
  private async write(entries: ReplyEntry[]): Promise<number> {
    const pipeline = this.redis.pipeline();
    for (const entry of entries) {
      pipeline.xadd(this.key, 'MAXLEN', '~', REPLY_STREAM_LENGTH, '*', ...toStreamFields(entry));
      pipeline.publish(this.channel, toPublished(entry));
    }
    pipeline.expire(this.key, REPLY_STREAM_LIFE);
    pipeline.xlen(this.key);
    const results = (await pipeline.exec()) ?? [];
    const failed = results.find(([error]) => error)?.[0];
    if (failed) throw failed;
    return Number(results.at(-1)?.[1]);
  }
}
