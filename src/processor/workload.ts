import { Relay } from '../infra/queue/relay.js';
import { WorkerPool } from '../infra/queue/worker-pool.js';

/** One kind of work as a whole: its processor at its queue, its rescue in the relay. */
export interface Workload {
  start(pool: WorkerPool, relay: Relay): void;
}

/** The injection token of the list of them. */
export const WORKLOADS = Symbol('workloads');
