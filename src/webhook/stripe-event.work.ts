import { Injectable, Logger } from '@nestjs/common';
import { failpoint } from '../common/failpoint.js';
import { Database } from '../infra/postgres/database.js';
import { StripePayments } from '../infra/stripe/stripe-payments.js';
import { within, WORK_BUDGET } from '../infra/stripe/stripe.client.js';
import {
  DONE,
  exponentialDelay,
  failedAttempt,
  SETTLED,
  type WorkContext,
  type WorkItem,
  type WorkProcessor,
  type WorkResult,
} from '../infra/work/define-work.js';
import { SyncService, type SyncResult } from '../subscription/sync.service.js';
import { CLAIM_STRIPE_EVENT, FINISH_STRIPE_EVENT, type StripeEventItem } from './stripe-event.sql.js';

/** Milliseconds between two attempts at most, so that events are processed soon after an outage of Stripe. */
const MAX_DELAY = 60_000;

/** Processes stored events: each leads to a sync of its customer. */
@Injectable()
export class StripeEventWork implements WorkProcessor<StripeEventItem> {
  readonly kind = 'stripe-event';
  /** Well below what Stripe allows an account. */
  readonly concurrency = 5;
  readonly claim = { statement: CLAIM_STRIPE_EVENT, values: [] };
  private readonly logger = new Logger(StripeEventWork.name);

  constructor(
    private readonly database: Database,
    private readonly syncs: SyncService,
    private readonly payments: StripePayments,
  ) {}

  /**
   * Syncs the event's customer and marks the event as processed.
   * @throws AppError `stripe.unavailable` after 25 s at the latest, `subscription.refused`, `service.unavailable`
   */
  async run({ lease: { item } }: WorkContext<StripeEventItem>): Promise<WorkResult> {
    failpoint('event.claimed');
    const { subjectId: eventId, claim, type, requestId } = item;
    if (type === null) return DONE;
    const result = await within(WORK_BUDGET, () => this.sync(item));
    await this.database.query(FINISH_STRIPE_EVENT, [eventId, claim]);
    this.logger.log({ eventId, type, requestId, claim, ours: result !== null }, 'a Stripe event is done');
    return SETTLED;
  }

  private async sync({ customerId, chargeId }: StripeEventItem): Promise<SyncResult | null> {
    const customer = customerId ?? (chargeId === null ? null : await this.payments.customerOf(chargeId));
    return customer === null ? null : this.syncs.syncInFull(customer);
  }

  /** The pause before the next attempt doubles each time, up to a minute. */
  afterError({ attempts }: WorkItem, error: unknown): WorkResult {
    return failedAttempt(error, exponentialDelay(attempts + 1, MAX_DELAY));
  }
}
