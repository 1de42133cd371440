import { setMaxListeners } from 'node:events';
import { Injectable, Logger } from '@nestjs/common';
import { Worker, type Job } from 'bullmq';
import { Settings } from '../../config/settings.js';
import { connectRedis, type RedisClient } from '../redis/connect.js';
import type { JobContext, JobProcessor } from './define-work.js';
import { QUEUE_PREFIX } from './define-work.js';

export interface WorkerOptions {
  concurrency: number;
  /** Jobs a minute over all workers, one after the other at even distances; unset: as many as there are. */
  maxPerMinute?: number;
}

/** A pause works only where a limiter is set: this one never limits. */
const UNLIMITED = { max: 1_000_000, duration: 1_000 };
/** One at a time: a whole minute's jobs at its end, and the next one's at its beginning, would be twice the limit in one minute. */
const evenly = (perMinute: number) => ({ max: 1, duration: Math.ceil(60_000 / perMinute) });

/** Runs processors against their queues. Every worker shares one connection beside BullMQ's blocking ones. */
@Injectable()
export class WorkerPool {
  private readonly logger = new Logger(WorkerPool.name);
  private readonly workers: Worker[] = [];
  private readonly stopping = new AbortController();
  private connection?: RedisClient;

  constructor(private readonly settings: Settings) {
    // Every running job listens for the stop.
    setMaxListeners(0, this.stopping.signal);
  }

  /** Starts taking jobs for a processor. */
  start<Payload>(processor: JobProcessor<Payload>, options: WorkerOptions): void {
    this.connection ??= connectRedis(this.settings, 'worker');
    const worker: Worker = new Worker(processor.job.queue, (job) => this.run(processor, job, worker), {
      connection: this.connection,
      prefix: QUEUE_PREFIX,
      concurrency: options.concurrency,
      limiter: options.maxPerMinute ? evenly(options.maxPerMinute) : UNLIMITED,
      lockDuration: 10_000,
      stalledInterval: 5_000,
      maxStalledCount: 10,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    worker.on('error', (error) => this.logger.debug(`queue ${processor.job.queue}: ${error.message}`));
    this.workers.push(worker);
  }

  /** Takes no new work, lets what runs finish for `deadline` milliseconds, then tells it to give its work back. */
  async stop(deadline: number): Promise<void> {
    const closing = Promise.all(this.workers.map((worker) => worker.close()));
    const timer = setTimeout(() => this.stopping.abort(new Error('the process stops')), deadline);
    await Promise.race([closing, after(deadline + 3_000)]);
    clearTimeout(timer);
    this.connection?.disconnect();
  }

  private async run<Payload>(processor: JobProcessor<Payload>, job: Job, worker: Worker): Promise<void> {
    const context: JobContext = {
      signal: this.stopping.signal,
      pauseQueue: (milliseconds) => pause(worker, Math.ceil(milliseconds)),
    };
    try {
      await processor.process(processor.job.payload.parse(job.data), context);
    } catch (error) {
      this.logger.error({ err: error, job: job.name, jobId: job.id }, 'a job failed; the relay rings again');
    }
  }
}

/** A pause that is on already is never made shorter. */
async function pause(worker: Worker, milliseconds: number): Promise<void> {
  if ((await worker.backend.getRateLimitTtl()) < milliseconds)
    await worker.backend.setRateLimit(milliseconds);
}

function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
