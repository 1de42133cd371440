import { Logger } from '@nestjs/common';
import type { ReplyRow } from '../message/message.sql.js';
import type { ReplyEntry } from '../reply-channel.js';
import { ReplyEntries, type EntrySource } from './reply-entries.js';
import { ReplyText } from './reply-text.js';
import {
  eventsAtEnd,
  eventsWhileRunning,
  toFrames,
  type EndedReply,
  type StreamCursor,
} from './stream-events.js';

/** The events that a listener lacks, and its cursor once they are sent. */
export interface EventBatch {
  bytes: Buffer | null;
  cursor: StreamCursor;
}

export interface ReplyListener {
  /** There is more text, another claim, the ending, or the row was deleted. */
  changed(): void;
}

/** What a subscription reads from, and whom it informs. */
export interface SubscriptionSource extends EntrySource {
  /** @throws AppError `service.unavailable` */
  readRow: (replyId: string) => Promise<ReplyRow | undefined>;
  /** Called for each change; the receiver informs the listeners. */
  changed: (subscription: ReplySubscription) => void;
}

const FINAL = new Set<ReplyRow['status']>(['completed', 'failed', 'cancelled', 'incomplete']);

/** One running reply in this process: its text is in memory once, whatever the number of listeners. */
export class ReplySubscription {
  readonly listeners = new Set<ReplyListener>();
  /** Settles after the first read of PostgreSQL, and of Redis where that was needed. */
  readonly opened: Promise<void>;
  /** How the reply ended, once it did. */
  ended: EndedReply | null = null;
  /** The row is to be read within a second. */
  needsRow = false;
  private readonly logger = new Logger(ReplySubscription.name);
  private readonly text = new ReplyText();
  private readonly entries: ReplyEntries;
  private deleted = false;
  /** The batch computed last: most listeners have the same cursor. */
  private lastBatch: { cursor: string; batch: EventBatch } | null = null;

  constructor(
    readonly replyId: string,
    private readonly source: SubscriptionSource,
  ) {
    this.entries = new ReplyEntries(replyId, source, (entry) => this.apply(entry));
    this.opened = this.open();
  }

  /** Whether text arrives from Redis, as far as is known. */
  get live(): boolean {
    return this.entries.live;
  }

  /** Whether nothing more will come: the reply ended, or its row was deleted. */
  get finished(): boolean {
    return this.deleted || this.ended !== null;
  }

  /** The events that a listener with this cursor lacks. */
  next(cursor: StreamCursor): EventBatch {
    const key = cursor ? `${cursor.claim}:${cursor.offset}` : '';
    if (this.lastBatch?.cursor !== key) this.lastBatch = { cursor: key, batch: this.batchAfter(cursor) };
    return this.lastBatch.batch;
  }

  /** Applies the row as PostgreSQL has it; undefined when it was deleted. */
  applyRow(row: ReplyRow | undefined): void {
    if (this.finished) return;
    // A row older than the entries: it was read before a newer run began.
    this.needsRow = row !== undefined && row.claim < this.text.claim;
    if (this.needsRow) return;
    if (!row) this.deleted = true;
    else if (FINAL.has(row.status)) this.ended = { row, consistent: this.isBeginningOf(row) };
    else if (this.text.raise(row.claim)) this.awaitClaim(row.status);
    if (this.finished) this.changed();
  }

  /** Reads the stream where text is missing, at most once a second. */
  catchUp(): Promise<void> {
    return this.entries.catchUp();
  }

  /** After Redis was away: any entry, the end included, may have been missed. */
  markStale(): void {
    if (this.finished) return;
    this.needsRow = true;
    this.entries.markStale();
  }

  close(): void {
    this.entries.close();
  }

  private async open(): Promise<void> {
    this.applyRow(await this.source.readRow(this.replyId));
    if (this.finished) return;
    // What is published between the read of the row and the subscription, a cancellation for example, is not repeated.
    this.needsRow = true;
    await this.entries.open();
  }

  private batchAfter(cursor: StreamCursor): EventBatch {
    const next = this.ended ? eventsAtEnd(cursor, this.ended) : eventsWhileRunning(cursor, this.text);
    const bytes = next.events.length > 0 ? Buffer.from(toFrames(next.events)) : null;
    return { bytes, cursor: next.cursor };
  }

  /** The row has a newer claim than any entry: the claim's first entry was missed, or has not come yet. */
  private awaitClaim(status: ReplyRow['status']): void {
    this.lastBatch = null;
    if (status === 'in_progress') this.entries.requireRead();
  }

  private changed(): void {
    this.lastBatch = null;
    this.source.changed(this);
  }

  private apply(entry: ReplyEntry): void {
    const effect = this.text.apply(entry);
    if (effect === 'changed') this.changed();
    if (effect === 'end') void this.readRow();
    if (effect !== 'gap') return;
    this.entries.requireRead();
    void this.entries.catchUp();
  }

  private async readRow(): Promise<void> {
    this.needsRow = true;
    try {
      this.applyRow(await this.source.readRow(this.replyId));
    } catch (error) {
      this.logger.debug(`the row of ${this.replyId} was not read: ${(error as Error).message}`);
    }
  }

  private isBeginningOf({ claim, content }: ReplyRow): boolean {
    return this.text.claim !== claim || (content ?? '').startsWith(this.text.text);
  }
}
