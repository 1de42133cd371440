import { Injectable } from '@nestjs/common';
import { Database } from '../../infra/postgres/database.js';
import {
  DONE,
  exponentialDelay,
  failedAttempt,
  type WorkContext,
  type WorkItem,
  type WorkProcessor,
  type WorkResult,
} from '../../infra/work/define-work.js';
import { PURGE_CHATROOM, PURGE_MESSAGES } from './chatroom.sql.js';

/** Messages in one statement: a fraction of a second, and below the limit of a statement on a busy machine too. */
const BATCH = 2_000;
/** Milliseconds. */
const LONGEST_DELAY = 60_000;

/** Removes the rows of deleted rooms. A run that ends early is continued by the next. */
@Injectable()
export class ChatroomPurgeWork implements WorkProcessor {
  readonly kind = 'chatroom-purge';
  readonly concurrency = 2;

  constructor(private readonly database: Database) {}

  async run({ lease }: WorkContext): Promise<WorkResult> {
    const { subjectId } = lease.item;
    while (await this.purgeBatch(subjectId)) lease.signal.throwIfAborted();
    await this.database.query(PURGE_CHATROOM, [subjectId]);
    return DONE;
  }

  afterError({ attempts }: WorkItem, error: unknown): WorkResult {
    return failedAttempt(error, exponentialDelay(attempts + 1, LONGEST_DELAY));
  }

  /** @returns whether messages may be left */
  private async purgeBatch(chatroomId: string): Promise<boolean> {
    const [row] = await this.database.query(PURGE_MESSAGES, [chatroomId, BATCH]);
    return (row?.purged ?? 0) > 0;
  }
}
