import { Logger } from '@nestjs/common';
import type { RedisClient } from '../../infra/redis/connect.js';
import { appendEntries, REPLY_STREAM_LENGTH, type ReplyEntry } from '../reply-channel.js';

/** Milliseconds: a delta is published at once when nothing was for that long, else together with the others of that time. */
const BATCH = 20;
/** Milliseconds until the next attempt where Redis failed, or the claim may not publish. */
const RETRY = 250;

interface Source {
  replyId: string;
  claim: number;
  attempt: number;
  /** Whether the claim may still publish. */
  held: () => boolean;
}

/**
 * Publishes the text of one claim as it grows. What Redis did not confirm is sent again with what follows: offsets make
 * that harmless.
 */
export class ReplyPublisher {
  private readonly logger = new Logger(ReplyPublisher.name);
  private text = '';
  private sent = 0;
  /** Entries since the whole text was published: the stream has them all, or Redis lost it. */
  private entries = 0;
  private lastFlush = -Infinity;
  private timer?: NodeJS.Timeout;
  private closed = false;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly redis: RedisClient,
    private readonly source: Source,
  ) {}

  /** Everything generated so far. */
  get content(): string {
    return this.text;
  }

  /** Publishes that the claim begins, so that what an earlier one published is void. */
  begin(): void {
    this.schedule(0);
  }

  /** Appends generated text. It is published within 20 ms. */
  add(delta: string): void {
    this.text += delta;
    this.schedule(Math.max(0, this.lastFlush + BATCH - performance.now()));
  }

  /** Publishes the rest, then the hint that PostgreSQL has the ending. */
  async end(): Promise<void> {
    this.close();
    await this.flush([{ kind: 'end', claim: this.source.claim }]);
  }

  /** Schedules nothing more, also where a flush that has begun fails. */
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
      const length = await appendEntries(this.redis, this.source.replyId, entries);
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
   * Publishes the whole text again, for listeners that come from now on: the stream was lost (Redis flushed, or restarted
   * without its data), or has so many entries that the first ones will be trimmed.
   */
  private beginAgain(): void {
    this.entries = 0;
    this.sent = 0;
    this.schedule(0);
  }
}
