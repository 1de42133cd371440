import { Relay } from '../infra/work/recovery.js';
import { WorkerPool } from '../infra/work/work-runner.js';

/** One kind of work as a whole: its processor at its queue, its rescue in the relay. */
export interface Workload {
  start(pool: WorkerPool, relay: Relay): void;
}

/** The injection token of the list of them. */
export const WORKLOADS = Symbol('workloads');
