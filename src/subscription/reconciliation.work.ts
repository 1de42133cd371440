import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import { isMisconfigured, within, WORK_BUDGET } from '../infra/stripe/stripe.client.js';
import {
  DONE,
  failedAttempt,
  type WorkContext,
  type WorkItem,
  type WorkProcessor,
  type WorkResult,
} from '../infra/work/define-work.js';
import { SyncService } from './sync.service.js';

/** Milliseconds; a random part of up to as much is added, so that customers that failed together do not come back together. */
const RETRY_DELAY = 300_000;

/**
 * Compares customers with Stripe from time to time, so that a change whose events are all lost is found. Every sync schedules
 * the next comparison.
 */
@Injectable()
export class ReconciliationWork implements WorkProcessor {
  readonly kind = 'customer-reconciliation';
  /** One at a time leaves Stripe's rate limit to events and requests. */
  readonly concurrency = 1;
  private readonly logger = new Logger(ReconciliationWork.name);

  constructor(private readonly syncs: SyncService) {}

  /**
   * Syncs the item's customer.
   * @throws AppError `stripe.unavailable` after 25 s at the latest, `service.unavailable`
   */
  async run({ lease: { item } }: WorkContext): Promise<WorkResult> {
    await within(WORK_BUDGET, () => this.syncs.syncInFull(item.subjectId));
    return DONE;
  }

  /** The next attempt comes in 5 to 10 minutes. A request that Stripe refuses is logged, because an operator must look. */
  afterError({ subjectId }: WorkItem, error: unknown): WorkResult {
    if (!(error instanceof AppError) || isMisconfigured(error.cause))
      this.logger.error({ err: error, customer: subjectId }, 'a customer cannot be compared with Stripe');
    return failedAttempt(error, RETRY_DELAY * (1 + Math.random()));
  }
}
