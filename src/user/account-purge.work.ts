import { Injectable } from '@nestjs/common';
import { PURGE_SESSIONS } from '../auth/session/session.sql.js';
import { RoomPurgeService } from '../chatroom/room/room-purge.service.js';
import { PURGE_KEYS } from '../infra/idempotency/idempotency.sql.js';
import { Database } from '../infra/postgres/database.js';
import { inPortions } from '../infra/postgres/portions.js';
import {
  DONE,
  exponentialDelay,
  failedAttempt,
  type WorkContext,
  type WorkItem,
  type WorkProcessor,
  type WorkResult,
} from '../infra/work/define-work.js';

/** The tables that hold rows of an account without a foreign key, beside its rooms. */
const STATEMENTS = [PURGE_SESSIONS, PURGE_KEYS];
/** Milliseconds. */
const LONGEST_DELAY = 60_000;

/**
 * Removes what a deleted account has left: rooms, sessions, idempotency keys, and what Redis holds. A run that ends early is
 * continued by the next.
 */
@Injectable()
export class AccountPurgeWork implements WorkProcessor {
  readonly kind = 'account-purge';
  readonly concurrency = 1;

  constructor(
    private readonly database: Database,
    private readonly rooms: RoomPurgeService,
  ) {}

  async run({ lease }: WorkContext): Promise<WorkResult> {
    const { subjectId } = lease.item;
    await this.rooms.purgeAccount(subjectId, lease.signal);
    for (const statement of STATEMENTS) await inPortions(this.database, statement, subjectId, lease.signal);
    return DONE;
  }

  afterError({ attempts }: WorkItem, error: unknown): WorkResult {
    return failedAttempt(error, exponentialDelay(attempts + 1, LONGEST_DELAY));
  }
}
