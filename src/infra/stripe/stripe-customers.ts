import { Injectable } from '@nestjs/common';
import { StripeClient } from './stripe.client.js';
import { StripeMissing } from './stripe-error.js';

/** Customers at Stripe: one for each person of ours. */
@Injectable()
export class StripeCustomers {
  constructor(private readonly stripe: StripeClient) {}

  /**
   * Makes a customer; the same key gives the same one for a day. @returns its id
   * @throws AppError `stripe.unavailable`
   */
  async create(userId: string, idempotencyKey: string): Promise<string> {
    const customer = await this.stripe.call((sdk, options) =>
      sdk.customers.create({ metadata: { userId } }, { ...options, idempotencyKey }),
    );
    return customer.id;
  }

  /**
   * Whether a customer can still pay. One that was deleted, or that Stripe never knew, cannot.
   * @throws AppError `stripe.unavailable`
   */
  async exists(id: string): Promise<boolean> {
    try {
      const customer = await this.stripe.call((sdk, options) => sdk.customers.retrieve(id, {}, options));
      return customer.deleted !== true;
    } catch (error) {
      if (error instanceof StripeMissing) return false;
      throw error;
    }
  }
}
