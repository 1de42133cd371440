import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { getQueueToken } from '@nestjs/bullmq';
import type { Queue } from 'bullmq';
import { QUEUES } from './queue-names.js';

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
