import { Injectable } from '@nestjs/common';
import { StripeEvents } from '../infra/stripe/stripe-events.js';
import { handledTypes } from './handlers.js';
import { LedgerService } from './ledger.service.js';

export interface Replayed {
  /** Events that Stripe lists. */
  read: number;
  /** Those of them that the ledger lacked; a worker acts on them as on any other. */
  added: number;
}

/** Fills the ledger with what Stripe lists and no delivery brought. */
@Injectable()
export class ReplayService {
  constructor(
    private readonly events: StripeEvents,
    private readonly ledger: LedgerService,
  ) {}

  /** May be repeated. @throws AppError `stripe.unavailable`, `service.unavailable` */
  async replay(since: Date): Promise<Replayed> {
    const result = { read: 0, added: 0 };
    for await (const event of this.events.since(since, handledTypes)) {
      result.read++;
      if (await this.ledger.record(event, null)) result.added++;
    }
    return result;
  }
}
