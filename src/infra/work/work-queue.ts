import { getQueueToken } from '@nestjs/bullmq';
import { Injectable, Logger, OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { BulkJobOptions, Queue } from 'bullmq';
import { OutageLog } from '../../common/outage-log.js';
import { WORK_KINDS, type ReadyItem, type WorkKind } from './define-work.js';

/** All keys of BullMQ share a hash tag, so that they live in one slot of a Redis Cluster. */
export const QUEUE_PREFIX = '{gemini-chat:work}';

/** Milliseconds. A job that is due later than this is not added: the recovery adds it when its time comes. */
const LONGEST_DELAY = 60_000;
/** Milliseconds after which a delayed job is sure to find its item due. */
const DUE_MARGIN = 20;

/** The number of jobs of one queue in one state. */
export interface QueueDepth {
  queue: string;
  state: string;
  jobs: number;
}

const STATES = ['waiting', 'active', 'delayed', 'prioritized'] as const;

/** The producer's side of the queues. A job carries the id of its item: the row decides, the job wakes a worker. */
@Injectable()
export class WorkQueue implements OnModuleInit {
  private readonly outage = new OutageLog(
    new Logger(WorkQueue.name),
    'jobs are not added to Redis, the recovery adds them later',
  );

  constructor(private readonly modules: ModuleRef) {}

  /** The connection logs its own loss; without a listener BullMQ prints it again for every queue. */
  onModuleInit(): void {
    for (const kind of WORK_KINDS) this.queue(kind).on('error', () => undefined);
  }

  /**
   * Adds the jobs of items that became ready, after the commit that made them so. Never throws and never takes longer than
   * Redis's command timeout: a job that is lost is added again by the recovery.
   * @param delay milliseconds until the items are due
   * @returns whether the jobs are known to be in Redis
   */
  async add(kind: WorkKind, items: readonly ReadyItem[], delay = 0): Promise<boolean> {
    if (items.length === 0 || delay > LONGEST_DELAY) return true;
    try {
      const jobs = items.map((item) => ({
        name: kind,
        data: { id: item.subjectId },
        opts: optionsOf(item, delay),
      }));
      const [first] = jobs;
      // A bulk is a transaction of Redis, which costs two commands more.
      if (first && jobs.length === 1) await this.queue(kind).add(first.name, first.data, first.opts);
      else await this.queue(kind).addBulk(jobs);
      this.outage.recovered();
      return true;
    } catch (error) {
      this.outage.failed(error);
      return false;
    }
  }

  /** The jobs of each queue by state; empty while Redis is out of reach, known within its command timeout. */
  async depth(): Promise<QueueDepth[]> {
    const counts = await Promise.allSettled(WORK_KINDS.map((kind) => this.depthOf(kind)));
    return counts.flatMap((count) => (count.status === 'fulfilled' ? count.value : []));
  }

  private async depthOf(kind: WorkKind): Promise<QueueDepth[]> {
    const counts = await this.queue(kind).getJobCounts(...STATES);
    return STATES.map((state) => ({ queue: kind, state, jobs: counts[state] ?? 0 }));
  }

  private queue(kind: WorkKind): Queue {
    return this.modules.get<Queue>(getQueueToken(kind), { strict: false });
  }
}

/** The id names the claim that comes next, so that jobs for the same claim are one job. */
function optionsOf({ subjectId, claim, priority }: ReadyItem, delay: number): BulkJobOptions {
  return {
    jobId: `${subjectId}-${claim}`,
    priority,
    ...(delay > 0 && { delay: delay + DUE_MARGIN }),
    removeOnComplete: true,
    removeOnFail: true,
  };
}
