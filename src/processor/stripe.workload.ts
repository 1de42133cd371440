import { Injectable } from '@nestjs/common';
import { Relay } from '../infra/queue/relay.js';
import { WorkerPool } from '../infra/queue/worker-pool.js';
import { SweepService } from '../subscription/sweep.service.js';
import { EventService } from '../webhook/event.service.js';
import { EventSweep } from '../webhook/event-sweep.js';
import { StripeEventProcessor } from './stripe-event.processor.js';
import type { Workload } from './workload.js';

/** Well below what Stripe allows an account. */
const CONCURRENCY = 5;

/** Stripe's events, the sweep for what no event told, and the one of events that are long done. */
@Injectable()
export class StripeWorkload implements Workload {
  constructor(
    private readonly processor: StripeEventProcessor,
    private readonly events: EventService,
    private readonly sweep: SweepService,
    private readonly eventSweep: EventSweep,
  ) {}

  start(pool: WorkerPool, relay: Relay): void {
    pool.start(this.processor, { concurrency: CONCURRENCY });
    relay.start(this.events);
    relay.start(this.sweep);
    relay.start(this.eventSweep);
  }
}
