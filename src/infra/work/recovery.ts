import { Injectable, Logger } from '@nestjs/common';
import { failpoint } from '../../common/failpoint.js';
import { Timing } from '../../config/timing.js';
import { Database } from '../postgres/database.js';
import { WORK_KINDS, type WorkKind } from './define-work.js';
import type { PeriodicTask } from './periodic-task.js';
import { WorkQueue } from './work-queue.js';
import { RECOVER_READY, RECOVER_RUNNING, type RecoveredItem } from './work.sql.js';

/** Items of one pass, at most. */
const BATCH = 500;

/**
 * Finds in PostgreSQL the work that Redis or a dead worker lost: ready items whose job may be gone, and running ones whose
 * worker's lease has expired. What waits behind another item is never looked at, so a pass costs the same however much waits.
 */
@Injectable()
export class Recovery implements PeriodicTask {
  readonly name = 'recovery of lost work';
  readonly interval: number;
  private readonly logger = new Logger(Recovery.name);
  /** By the monotonic clock: from then on the items of workers without a lease are recovered. */
  private lostFrom = 0;

  constructor(
    private readonly database: Database,
    private readonly queue: WorkQueue,
    private readonly timing: Timing,
  ) {
    this.interval = timing.work.recoveryPoll;
  }

  /**
   * Makes one pass.
   * @throws AppError `service.unavailable`
   */
  async run(): Promise<void> {
    try {
      await this.recover();
    } catch (error) {
      // Leases ran out with PostgreSQL: they are renewed before anything counts as lost.
      this.lostFrom = performance.now() + 2 * this.timing.work.heartbeat;
      throw error;
    }
  }

  private async recover(): Promise<void> {
    const { rePoll } = this.timing.work;
    const leasesAreRenewed = performance.now() >= this.lostFrom;
    const lost = leasesAreRenewed ? await this.database.query(RECOVER_RUNNING, [BATCH, rePoll]) : [];
    // Each worker looks again only then, so that one does not repeat what another did.
    const unqueued = await this.database.query(RECOVER_READY, [BATCH, rePoll]);
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
