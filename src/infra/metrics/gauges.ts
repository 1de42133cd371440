import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { Database } from '../postgres/database.js';
import { WorkQueue } from '../work/work-queue.js';
import { Metrics } from './metrics.js';

/** Values read at each scrape: the database pool and the queues. */
@Injectable()
export class Gauges {
  constructor({ registry }: Metrics, { pool }: Database, queue: WorkQueue) {
    new Gauge({
      name: 'database_pool_connections',
      help: 'Connections of the pool to PostgreSQL, and requests that wait for one.',
      labelNames: ['state'],
      registers: [registry],
      collect() {
        this.set({ state: 'idle' }, pool.idleCount);
        this.set({ state: 'busy' }, pool.totalCount - pool.idleCount);
        this.set({ state: 'waiting' }, pool.waitingCount);
      },
    });
    new Gauge({
      name: 'queue_jobs',
      help: 'Jobs in Redis by queue and state; none while Redis is out of reach.',
      labelNames: ['queue', 'state'],
      registers: [registry],
      async collect() {
        const counts = await queue.depth();
        this.reset();
        for (const { queue, state, jobs } of counts) this.set({ queue, state }, jobs);
      },
    });
  }
}
