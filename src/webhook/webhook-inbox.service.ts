import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { failpoint } from '../common/failpoint.js';
import { Database } from '../infra/postgres/database.js';
import { WorkQueue } from '../infra/work/work-queue.js';
import { RECORD_STRIPE_EVENT } from './stripe-event.sql.js';
import { customerOf } from './handlers.js';

/**
 * Every event once, kept before it is acknowledged: its id, its type and whose it is. What else it tells is asked of
 * Stripe when it is needed, so no name or address of a person stays here.
 */
@Injectable()
export class WebhookInboxService {
  constructor(
    private readonly database: Database,
    private readonly queue: WorkQueue,
  ) {}

  /**
   * Stores an event and rings for a worker; one that is known already is left as it is.
   * @returns whether it was new
   * @throws AppError `service.unavailable` when it cannot be stored
   */
  async record(event: Stripe.Event, requestId: string | null): Promise<boolean> {
    const customer = customerOf(event);
    const values = [event.id, event.type, customer, requestId];
    const isNew = (await this.database.query(RECORD_STRIPE_EVENT, values)).length > 0;
    failpoint('event.stored');
    if (isNew && customer)
      void this.queue.add('stripe-event', [{ subjectId: event.id, claim: 0, priority: 1 }]);
    return isNew;
  }
}
