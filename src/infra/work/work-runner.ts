import { Injectable, Logger } from '@nestjs/common';
import { Worker, type Job } from 'bullmq';
import { failpoint } from '../../common/failpoint.js';
import { OutageLog } from '../../common/outage-log.js';
import { Settings } from '../../config/settings.js';
import { Database, type ValuesOf } from '../postgres/database.js';
import { isDatabaseUnavailable } from '../postgres/errors.js';
import { connectRedis, type RedisClient } from '../redis/connect.js';
import {
  SETTLED,
  WORK_KINDS,
  type Lease,
  type WorkContext,
  type WorkItem,
  type WorkProcessor,
  type WorkResult,
} from './define-work.js';
import { WorkLeases } from './work-leases.js';
import { QUEUE_PREFIX, WorkQueue } from './work-queue.js';
import { FINISH_ITEM, RELEASE_ITEM } from './work.sql.js';

/** A pause works only where a limiter is set: this one never limits. */
const UNLIMITED = { max: 1_000_000, duration: 1_000 };
/** One at a time: a whole minute's jobs at its end, and the next one's at its beginning, would be twice the limit in one minute. */
const evenly = (perMinute: number) => ({ max: 1, duration: Math.ceil(60_000 / perMinute) });
/** Milliseconds after an item is due until the recovery adds a job for it. */
const FIRST_POLL = 1_000;
/** Milliseconds that the workers get to close after their runs were told to stop. */
const CLOSE = 3_000;

/** Runs the processors: takes a job, claims its item, does the work, settles the item. */
@Injectable()
export class WorkRunner {
  private readonly logger = new Logger(WorkRunner.name);
  private readonly outage = new OutageLog(this.logger, 'work is not claimed');
  private readonly workers: Worker[] = [];
  private readonly stopping = new AbortController();
  private connection?: RedisClient;

  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly leases: WorkLeases,
    private readonly queue: WorkQueue,
  ) {}

  /**
   * Starts taking jobs.
   * @param processors exactly one for each kind
   * @throws Error when a kind has no processor, or more than one
   */
  start(processors: readonly WorkProcessor[]): void {
    requireOneEach(processors);
    this.connection = connectRedis(this.settings, 'worker');
    this.leases.start();
    for (const processor of processors) this.workers.push(this.createWorker(processor));
  }

  /** Takes no new work, lets runs finish for `deadline` milliseconds, then tells them to store or give back what they have. */
  async stop(deadline: number): Promise<void> {
    const closing = Promise.all(this.workers.map((worker) => worker.close()));
    const timer = setTimeout(() => {
      this.stopping.abort(new Error('the process stops'));
      this.leases.abort();
    }, deadline);
    await Promise.race([closing, after(deadline + CLOSE)]);
    clearTimeout(timer);
    this.connection?.disconnect();
  }

  private createWorker(processor: WorkProcessor): Worker {
    const { kind, concurrency, maxPerMinute } = processor;
    const worker: Worker = new Worker(
      kind,
      (job: Job<{ id: string }>) => this.run(processor, job.data.id, worker),
      {
        connection: this.connection as RedisClient,
        prefix: QUEUE_PREFIX,
        concurrency,
        limiter: maxPerMinute ? evenly(maxPerMinute) : UNLIMITED,
        lockDuration: 10_000,
        stalledInterval: 5_000,
        maxStalledCount: 10,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: 0 },
      },
    );
    worker.on('error', (error) => this.logger.debug(`queue ${kind}: ${error.message}`));
    return worker;
  }

  /** Harmless for an item that is not ready: the claim decides. */
  private async run(processor: WorkProcessor, subjectId: string, worker: Worker): Promise<void> {
    const lease = await this.claim(processor, subjectId);
    if (!lease) return;
    const context: WorkContext = {
      lease,
      stopping: this.stopping.signal,
      pauseQueue: (milliseconds) => pause(worker, Math.ceil(milliseconds)),
    };
    try {
      await this.settle(lease, await this.attempt(processor, context));
    } catch (error) {
      // The lease notices that no run holds the claim, and gives it back.
      this.outage.failed(error);
      if (!isDatabaseUnavailable(error))
        this.logger.error({ err: error, ...ids(lease) }, 'an item was not settled');
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
      this.outage.failed(error);
      if (!isDatabaseUnavailable(error))
        this.logger.error({ err: error, subjectId }, 'an item was not claimed');
      return null;
    }
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
    const { delay, failed, retryWith = null, error = null } = result;
    const values: ValuesOf<typeof RELEASE_ITEM> = [
      kind,
      subjectId,
      claim,
      delay,
      failed ? 1 : 0,
      retryWith,
      error,
      FIRST_POLL,
    ];
    const released = await this.database.query(RELEASE_ITEM, values);
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

/** A pause that is on already is never made shorter. */
async function pause(worker: Worker, milliseconds: number): Promise<void> {
  if ((await worker.backend.getRateLimitTtl()) < milliseconds)
    await worker.backend.setRateLimit(milliseconds);
}

function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
