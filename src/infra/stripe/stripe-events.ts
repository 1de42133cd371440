import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { StripeClient } from './stripe.client.js';

/** Types that Stripe takes in one request. */
const MOST_TYPES = 20;

/** Stripe's own list of what happened; it goes back 30 days. */
@Injectable()
export class StripeEvents {
  constructor(private readonly stripe: StripeClient) {}

  /**
   * Events since a moment, page by page; newest first among every twenty types.
   * @throws AppError `stripe.unavailable`
   */
  async *since(moment: Date, types: string[]): AsyncGenerator<Stripe.Event> {
    for (let at = 0; at < types.length; at += MOST_TYPES)
      yield* this.list(moment, types.slice(at, at + MOST_TYPES));
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
