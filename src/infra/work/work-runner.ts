import { Injectable, Logger } from '@nestjs/common';
import { failpoint } from '../../common/failpoint.js';
import { OutageLog } from '../../common/outage-log.js';
import { Timing } from '../../config/timing.js';
import { Database, type ValuesOf } from '../postgres/database.js';
import { isDatabaseUnavailable } from '../postgres/errors.js';
import {
  SETTLED,
  WORK_KINDS,
  type Lease,
  type WorkContext,
  type WorkItem,
  type WorkProcessor,
  type WorkResult,
} from './define-work.js';
import { QueueConsumers } from './queue-consumers.js';
import { WorkLeases } from './work-leases.js';
import { WorkQueue } from './work-queue.js';
import { FINISH_ITEM, RELEASE_ITEM } from './work.sql.js';

/** Runs the processors: takes a job, claims its item, does the work, settles the item. */
@Injectable()
export class WorkRunner {
  private readonly logger = new Logger(WorkRunner.name);
  private readonly outage = new OutageLog(this.logger, 'work is not claimed');

  constructor(
    private readonly database: Database,
    private readonly leases: WorkLeases,
    private readonly queue: WorkQueue,
    private readonly consumers: QueueConsumers,
    private readonly timing: Timing,
  ) {}

  /**
   * Starts taking jobs.
   * @param processors exactly one for each kind
   * @throws Error when a kind has no processor, or more than one
   */
  start(processors: readonly WorkProcessor[]): void {
    requireOneEach(processors);
    this.leases.start();
    this.consumers.start(
      processors.map((processor) => ({
        kind: processor.kind,
        concurrency: processor.concurrency,
        maxPerMinute: processor.maxPerMinute,
        handle: (subjectId, pauseQueue) => this.run(processor, subjectId, pauseQueue),
      })),
    );
  }

  /**
   * Takes no new work, lets runs finish for `deadline` milliseconds, then tells them to store or give back what they have.
   * Returns within the deadline and `stop.giveBack`, whatever state Redis is in.
   */
  async stop(deadline: number): Promise<void> {
    const timer = setTimeout(() => this.leases.abort(), deadline);
    await this.consumers.stop(deadline + this.timing.stop.giveBack);
    clearTimeout(timer);
  }

  /** Harmless for an item that is not ready: the claim decides. */
  private async run(
    processor: WorkProcessor,
    subjectId: string,
    pauseQueue: WorkContext['pauseQueue'],
  ): Promise<void> {
    const lease = await this.claim(processor, subjectId);
    if (!lease) return;
    const context: WorkContext = { lease, stopping: this.leases.stopping, pauseQueue };
    try {
      await this.settle(lease, await this.attempt(processor, context));
    } catch (error) {
      // The lease notices that no run holds the claim, and gives it back.
      this.failed(error, ids(lease), 'an item was not settled');
    } finally {
      this.leases.end(lease);
    }
  }

  private async claim(processor: WorkProcessor, subjectId: string): Promise<Lease | null> {
    try {
      const lease = await this.leases.claim(processor, subjectId);
      this.outage.recovered();
      return lease;
    } catch (error) {
      this.failed(error, { subjectId }, 'an item was not claimed');
      return null;
    }
  }

  private failed(error: unknown, facts: object, what: string): void {
    this.outage.failed(error);
    if (!isDatabaseUnavailable(error)) this.logger.error({ err: error, ...facts }, what);
  }

  private async attempt(processor: WorkProcessor, context: WorkContext): Promise<WorkResult> {
    const { lease } = context;
    try {
      return await processor.run(context);
    } catch (error) {
      if (lease.stopReason === 'lost') return SETTLED;
      if (lease.stopReason === 'shutdown' || isDatabaseUnavailable(error))
        return { action: 'retry', delay: 0, failed: false, retryWith: lease.item.retryWith };
      this.logger.error({ err: error, ...ids(lease) }, 'a run failed');
      return processor.afterError(lease.item, error);
    }
  }

  private async settle({ item }: Lease, result: WorkResult): Promise<void> {
    const { kind, subjectId, claim } = item;
    if (result.action === 'settled') return;
    if (result.action === 'done') {
      await this.database.query(FINISH_ITEM, [kind, subjectId, claim]);
      return;
    }
    const { delay, failed, retryWith = null, error = null, produced = false } = result;
    const release: ValuesOf<typeof RELEASE_ITEM> = [
      ...([kind, subjectId, claim, delay, failed ? 1 : 0] as const),
      ...([retryWith, error, this.timing.work.firstPollAfterEnqueue, produced] as const),
    ];
    const released = await this.database.query(RELEASE_ITEM, release);
    if (released.length > 0) failpoint('work.released');
    await this.queue.add(kind, released, delay);
  }
}

function requireOneEach(processors: readonly WorkProcessor[]): void {
  for (const kind of WORK_KINDS) {
    const count = processors.filter((processor) => processor.kind === kind).length;
    if (count !== 1) throw new Error(`the kind of work "${kind}" has ${count} processors, not one`);
  }
}

/** What every log line about a run names. */
function ids({ item }: Lease<WorkItem>) {
  const { kind, subjectId, claim, attempts, requestId } = item;
  return { kind, subjectId, claim, attempts, requestId };
}
