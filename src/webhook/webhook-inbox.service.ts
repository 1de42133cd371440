import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { failpoint } from '../common/failpoint.js';
import { Database } from '../infra/postgres/database.js';
import { Doorbell } from '../infra/work/work-queue.js';
import { ringForEvent } from './stripe-event.work.js';
import { RECORD } from './stripe-event.sql.js';
import { customerOf } from './handlers.js';

/**
 * Every event once, kept before it is acknowledged: its id, its type and whose it is. What else it tells is asked of
 * Stripe when it is needed, so no name or address of a person stays here.
 */
@Injectable()
export class WebhookInboxService {
  constructor(
    private readonly database: Database,
    private readonly doorbell: Doorbell,
  ) {}

  /**
   * Stores an event and rings for a worker; one that is known already is left as it is.
   * @returns whether it was new
   * @throws AppError `service.unavailable` when it cannot be stored
   */
  async record(event: Stripe.Event, requestId: string | null): Promise<boolean> {
    const customer = customerOf(event);
    const values = [event.id, event.type, customer, requestId];
    const isNew = (await this.database.query(RECORD, values)).length > 0;
    failpoint('event.stored');
    if (isNew && customer) void ringForEvent(this.doorbell, event.id, 0);
    return isNew;
  }
}
