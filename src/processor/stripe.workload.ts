import { Injectable } from '@nestjs/common';
import { Relay } from '../infra/work/recovery.js';
import { WorkerPool } from '../infra/work/work-runner.js';
import { ReconciliationService } from '../subscription/reconciliation.service.js';
import { StripeEventWork } from '../webhook/stripe-event.work.js';
import { StripeEventRetention } from '../webhook/stripe-event-retention.js';
import { StripeEventProcessor } from './stripe-event.processor.js';
import type { Workload } from './workload.js';

/** Well below what Stripe allows an account. */
const CONCURRENCY = 5;

/** Stripe's events, the sweep for what no event told, and the one of events that are long done. */
@Injectable()
export class StripeWorkload implements Workload {
  constructor(
    private readonly processor: StripeEventProcessor,
    private readonly events: StripeEventWork,
    private readonly sweep: ReconciliationService,
    private readonly eventSweep: StripeEventRetention,
  ) {}

  start(pool: WorkerPool, relay: Relay): void {
    pool.start(this.processor, { concurrency: CONCURRENCY });
    relay.start(this.events);
    relay.start(this.sweep);
    relay.start(this.eventSweep);
  }
}
