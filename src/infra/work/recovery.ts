import { Injectable, Logger } from '@nestjs/common';
import { failpoint } from '../../common/failpoint.js';
import { Database } from '../postgres/database.js';
import { WORK_KINDS, type WorkKind } from './define-work.js';
import type { PeriodicTask } from './periodic-task.js';
import { WorkQueue } from './work-queue.js';
import { RECOVER_READY, RECOVER_RUNNING, type RecoveredItem } from './work.sql.js';

/** Items of one pass, at most. */
const BATCH = 500;
/** Milliseconds after a pass that failed in which no claim counts as lost: leases ran out with PostgreSQL, and are renewed first. */
const RENEWALS_FIRST = 6_000;
/** Milliseconds between two looks at the same ready item, so that one worker does not repeat what another did. */
const NEXT_LOOK = 5_000;

/**
 * Finds in PostgreSQL the work that Redis or a dead worker lost: ready items whose job may be gone, and running ones whose
 * worker's lease has expired. What waits behind another item is never looked at, so a pass costs the same however much waits.
 */
@Injectable()
export class Recovery implements PeriodicTask {
  readonly name = 'recovery of lost work';
  readonly interval = 1_000;
  private readonly logger = new Logger(Recovery.name);
  /** By the monotonic clock: from then on the items of workers without a lease are recovered. */
  private lostFrom = 0;

  constructor(
    private readonly database: Database,
    private readonly queue: WorkQueue,
  ) {}

  /**
   * Makes one pass.
   * @throws AppError `service.unavailable`
   */
  async run(): Promise<void> {
    try {
      await this.recover();
    } catch (error) {
      this.lostFrom = performance.now() + RENEWALS_FIRST;
      throw error;
    }
  }

  private async recover(): Promise<void> {
    const leasesAreRenewed = performance.now() >= this.lostFrom;
    const lost = leasesAreRenewed ? await this.database.query(RECOVER_RUNNING, [BATCH, NEXT_LOOK]) : [];
    const unqueued = await this.database.query(RECOVER_READY, [BATCH, NEXT_LOOK]);
    if (lost.length + unqueued.length === 0) return;
    failpoint('recovery.marked');
    this.logger.debug({ lost: lost.length, unqueued: unqueued.length }, 'work was recovered');
    await Promise.all(WORK_KINDS.map((kind) => this.add(kind, [...lost, ...unqueued])));
  }

  private add(kind: WorkKind, items: RecoveredItem[]): Promise<boolean> {
    return this.queue.add(
      kind,
      items.filter((item) => item.kind === kind),
    );
  }
}
