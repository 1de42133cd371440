import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { StripeClient } from './stripe.client.js';

/** Event types that Stripe accepts in one request. */
const MAX_TYPES = 20;

/** Stripe's own list of events; it goes back 30 days. */
@Injectable()
export class StripeEvents {
  constructor(private readonly stripe: StripeClient) {}

  /**
   * Events since a moment, page by page. Types are requested twenty at a time; within each twenty the newest comes first.
   * @param types may be more than Stripe accepts in one request
   * @throws AppError `stripe.unavailable`
   */
  async *since(moment: Date, types: string[]): AsyncGenerator<Stripe.Event> {
    for (let start = 0; start < types.length; start += MAX_TYPES)
      yield* this.list(moment, types.slice(start, start + MAX_TYPES));
  }

  private async *list(moment: Date, types: string[]): AsyncGenerator<Stripe.Event> {
    const filter = { created: { gte: Math.floor(moment.getTime() / 1000) }, types, limit: 100 };
    let last: string | undefined;
    for (;;) {
      const page = await this.stripe.call((sdk, options) =>
        sdk.events.list({ ...filter, ...(last && { starting_after: last }) }, options),
      );
      yield* page.data;
      last = page.data.at(-1)?.id;
      if (!page.has_more || !last) return;
    }
  }
}
