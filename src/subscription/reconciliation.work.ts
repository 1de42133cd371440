import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import { within } from '../infra/stripe/deadline.js';
import { isMisconfigured } from '../infra/stripe/stripe-error.js';
import {
  DONE,
  type WorkContext,
  type WorkItem,
  type WorkProcessor,
  type WorkResult,
} from '../infra/work/define-work.js';
import { SyncService } from './sync.service.js';

/** Milliseconds for one customer. */
const SYNC_BUDGET = 25_000;
/** Milliseconds, up to twice that: customers that failed together do not come back together. */
const RETRY_DELAY = 300_000;

/**
 * Compares customers with Stripe from time to time, so that a change whose events are all lost is found. Every sync schedules
 * the next comparison.
 */
@Injectable()
export class ReconciliationWork implements WorkProcessor {
  readonly kind = 'customer-reconciliation';
  readonly concurrency = 1;
  private readonly logger = new Logger(ReconciliationWork.name);

  constructor(private readonly syncs: SyncService) {}

  async run({ lease: { item } }: WorkContext): Promise<WorkResult> {
    await within(SYNC_BUDGET, () => this.syncs.sync(item.subjectId));
    return DONE;
  }

  afterError({ subjectId }: WorkItem, error: unknown): WorkResult {
    if (!(error instanceof AppError) || isMisconfigured(error.cause))
      this.logger.error({ err: error, customer: subjectId }, 'a customer cannot be compared with Stripe');
    const delay = RETRY_DELAY * (1 + Math.random());
    return { action: 'retry', delay, failed: true, error: (error as Error).message };
  }
}
