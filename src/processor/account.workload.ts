import { Injectable } from '@nestjs/common';
import { AccountRetention } from '../auth/account-retention.js';
import { OtpDeliveryWork } from '../auth/otp/otp-delivery.work.js';
import { Relay } from '../infra/work/recovery.js';
import { WorkerPool } from '../infra/work/work-runner.js';
import { OtpDeliveryProcessor } from './otp-delivery.processor.js';
import type { Workload } from './workload.js';

/** Codes at a time. */
const CONCURRENCY = 20;

@Injectable()
export class AccountWorkload implements Workload {
  constructor(
    private readonly processor: OtpDeliveryProcessor,
    private readonly dispatches: OtpDeliveryWork,
    private readonly sweep: AccountRetention,
  ) {}

  start(pool: WorkerPool, relay: Relay): void {
    pool.start(this.processor, { concurrency: CONCURRENCY });
    relay.start(this.dispatches);
    relay.start(this.sweep);
  }
}
