import { Injectable, Logger, OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { getQueueToken } from '@nestjs/bullmq';
import type { Queue } from 'bullmq';
import { type JobDefinition, QUEUES } from './define-work.js';

export interface Ring {
  /** Names this piece of work: while a job of that id exists, another ring is a no-op. No `:`, not all digits. */
  jobId: string;
  /** Milliseconds. */
  delay?: number;
}

/** Rings for a worker. The row is the work item: a ring that is lost or doubled does no harm, the relay rings again. */
@Injectable()
export class Doorbell implements OnModuleInit {
  private readonly logger = new Logger(Doorbell.name);

  constructor(private readonly modules: ModuleRef) {}

  /** The loss of the connection is told by the connection; without a listener BullMQ prints it again for every queue. */
  onModuleInit(): void {
    for (const name of QUEUES) this.queue(name).on('error', () => undefined);
  }

  /** Queues the job; never throws and never takes longer than Redis's command timeout. @returns whether it is known to be queued */
  async ring<Payload>(
    job: JobDefinition<Payload>,
    payload: Payload,
    { jobId, delay = 0 }: Ring,
  ): Promise<boolean> {
    try {
      await this.queue(job.queue).add(job.name, payload, {
        jobId,
        delay,
        removeOnComplete: true,
        removeOnFail: true,
      });
      return true;
    } catch (error) {
      this.logger.warn(`${job.name} ${jobId} was not queued, the relay will: ${(error as Error).message}`);
      return false;
    }
  }

  private queue(name: string): Queue {
    return this.modules.get<Queue>(getQueueToken(name), { strict: false });
  }
}

export interface Depth {
  queue: string;
  state: string;
  jobs: number;
}

const STATES = ['waiting', 'active', 'delayed', 'prioritized'] as const;

/** How much lies in the queues. */
@Injectable()
export class QueueDepth {
  constructor(private readonly modules: ModuleRef) {}

  /** The jobs of each queue by state; empty while Redis is out of reach, known within its command timeout. */
  async count(): Promise<Depth[]> {
    const counts = await Promise.allSettled(QUEUES.map((name) => this.countOne(name)));
    return counts.flatMap((count) => (count.status === 'fulfilled' ? count.value : []));
  }

  private async countOne(queue: string): Promise<Depth[]> {
    const counts = await this.modules
      .get<Queue>(getQueueToken(queue), { strict: false })
      .getJobCounts(...STATES);
    return STATES.map((state) => ({ queue, state, jobs: counts[state] ?? 0 }));
  }
}
