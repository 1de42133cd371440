import { Logger } from '@nestjs/common';
import {
  createRedisBackend,
  RedisConnection,
  Worker,
  type BackendFactory,
  type RedisQueueBackend,
} from 'bullmq';
import type { Timing } from '../../config/timing.js';
import type { RedisClient } from '../redis/connect.js';
import type { WorkKind } from './define-work.js';
import { QueueHealth } from './queue-health.js';
import { QUEUE_PREFIX } from './work-queue.js';

/**
 * The oldest Redis that the product supports. BullMQ takes this version for the server's where `skipVersionCheck` spares it
 * the INFO command, which a Redis user may lack: by BullMQ's own default it would round its waits to whole seconds.
 */
RedisConnection.minimumVersion = '6.2.0';

/** A pause works only where a limiter is set: this one never limits. */
const UNLIMITED = { max: 1_000_000, duration: 1_000 };
/** One at a time: a whole minute's jobs at its end, and the next one's at its beginning, would be twice the limit in one minute. */
const evenly = (perMinute: number) => ({ max: 1, duration: Math.ceil(60_000 / perMinute) });

/** What takes the jobs of one kind. */
export interface JobHandler {
  readonly kind: WorkKind;
  /** Jobs at a time in one process. */
  readonly concurrency: number;
  /** Jobs a minute over all processes. */
  readonly maxPerMinute?: number;
  /**
   * Does what a job asks for. Never throws.
   * @param pauseQueue stops the queue, for every worker, for that many milliseconds
   */
  handle(subjectId: string, pauseQueue: (milliseconds: number) => Promise<void>): Promise<void>;
}

/** Takes the jobs of one queue: a BullMQ worker whose health is known. */
export class QueueConsumer {
  readonly kind: WorkKind;
  private readonly handling = new Set<Promise<void>>();
  private readonly health: QueueHealth;
  private readonly worker: Worker;

  /**
   * Starts to take jobs.
   * @param connection shared by the consumers; each has a connection of its own beside it, for blocking reads
   * @param onFailure called for each command that took no jobs because it failed
   */
  constructor(
    handler: JobHandler,
    connection: RedisClient,
    timing: Pick<Timing, 'redis' | 'work'>,
    onFailure: (error: Error) => void,
  ) {
    this.kind = handler.kind;
    const { queueRetryBase: retryBase, queueRetryCap: retryCap } = timing.work;
    this.health = new QueueHealth({ overdue: timing.redis.overdue, retryBase, retryCap }, onFailure);
    this.worker = this.createWorker(handler, connection, timing);
    const logger = new Logger(QueueConsumer.name);
    this.worker.on('error', (error) => {
      this.health.noteConnectionError(error);
      logger.debug(`queue ${this.kind}: ${error.message}`);
    });
  }

  /** Why no jobs are taken; null while nothing is known to be wrong. */
  get problem(): Error | null {
    return this.health.problem;
  }

  /** Why a command that takes jobs does not end; null while none is overdue. */
  get overdue(): Error | null {
    return this.health.overdue;
  }

  /** Takes no further jobs. The connections are closed once those under way are done; at once where they do not work. */
  async close(): Promise<void> {
    const { works } = this.health;
    this.health.close();
    await this.worker.close(!works);
  }

  /** Resolves when no job is under way. */
  async handled(): Promise<void> {
    while (this.handling.size > 0) await Promise.allSettled(this.handling);
  }

  private createWorker(handler: JobHandler, connection: RedisClient, { work }: Pick<Timing, 'work'>): Worker {
    const options = {
      connection,
      prefix: QUEUE_PREFIX,
      skipVersionCheck: true,
      concurrency: handler.concurrency,
      limiter: handler.maxPerMinute ? evenly(handler.maxPerMinute) : UNLIMITED,
      lockDuration: work.jobLock,
      stalledInterval: work.stalledJobs,
      maxStalledCount: 10,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    };
    const pauseQueue = (milliseconds: number) => pause(worker, Math.ceil(milliseconds));
    const worker: Worker = new Worker(
      this.kind,
      (job) => this.handle(handler.handle((job.data as { id: string }).id, pauseQueue)),
      options,
      watchedBackend(this.health),
    );
    return worker;
  }

  private async handle(run: Promise<void>): Promise<void> {
    this.handling.add(run);
    await run.finally(() => this.handling.delete(run));
  }
}

/** BullMQ's access to Redis, of which the commands that take jobs are watched. */
function watchedBackend(health: QueueHealth): BackendFactory<RedisQueueBackend> {
  return (name, options, connections) => {
    const backend = createRedisBackend(name, options, connections);
    const moveToActive = backend.moveToActive.bind(backend);
    const waitForJob = backend.waitForJob.bind(backend);
    backend.moveToActive = (token, workerName) => health.watch(0, () => moveToActive(token, workerName));
    backend.waitForJob = (seconds) => health.watch(seconds * 1_000, () => waitForJob(seconds));
    return backend;
  };
}

/** A pause that is on already is never made shorter. */
async function pause(worker: Worker, milliseconds: number): Promise<void> {
  if ((await worker.backend.getRateLimitTtl()) < milliseconds)
    await worker.backend.setRateLimit(milliseconds);
}
