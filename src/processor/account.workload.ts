import { Injectable } from '@nestjs/common';
import { AccountSweep } from '../auth/account-sweep.js';
import { OtpDispatchService } from '../auth/otp/otp-dispatch.service.js';
import { Relay } from '../infra/queue/relay.js';
import { WorkerPool } from '../infra/queue/worker-pool.js';
import { OtpDeliveryProcessor } from './otp-delivery.processor.js';
import type { Workload } from './workload.js';

/** Codes at a time. */
const CONCURRENCY = 20;

@Injectable()
export class AccountWorkload implements Workload {
  constructor(
    private readonly processor: OtpDeliveryProcessor,
    private readonly dispatches: OtpDispatchService,
    private readonly sweep: AccountSweep,
  ) {}

  start(pool: WorkerPool, relay: Relay): void {
    pool.start(this.processor, { concurrency: CONCURRENCY });
    relay.start(this.dispatches);
    relay.start(this.sweep);
  }
}
