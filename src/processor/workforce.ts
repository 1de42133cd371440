import { BeforeApplicationShutdown, Inject, Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { Relay } from '../infra/work/recovery.js';
import { WorkerPool } from '../infra/work/work-runner.js';
import { WORKLOADS, type Workload } from './workload.js';

/** Milliseconds that running work may take to finish by itself when the process is told to stop. */
const DRAIN = 25_000;

/** Everything a worker does, started together and stopped together: first no new work, then what runs. */
@Injectable()
export class Workforce implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly pool: WorkerPool,
    private readonly relay: Relay,
    @Inject(WORKLOADS) private readonly workloads: Workload[],
  ) {}

  onApplicationBootstrap(): void {
    for (const workload of this.workloads) workload.start(this.pool, this.relay);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.relay.stop();
    await this.pool.stop(DRAIN);
  }
}
