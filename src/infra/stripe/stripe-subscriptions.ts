import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { Settings } from '../../config/settings.js';
import { StripeClient, StripeMissing } from './stripe.client.js';

/** A subscription to the Pro product, as far as the product uses it. */
export interface ProSubscription {
  id: string;
  /** Stripe's status, such as `active`. */
  status: string;
  currentPeriodStart: Date;
  currentPeriodEnd: Date;
  /** Stripe's flag; under flexible billing an end is planned with `cancelAt` alone. */
  cancelAtPeriodEnd: boolean;
  cancelAt: Date | null;
  /** The planned end, from the flag or from `cancelAt`; null while the subscription renews. */
  endsAt: Date | null;
}

/** What Stripe knows of a customer. */
export interface StripeState {
  /** Whether the customer can still pay: false when it was deleted or was never known. */
  exists: boolean;
  /** Pro subscriptions, ended ones too, newest first. */
  subscriptions: ProSubscription[];
}

/** Subscriptions of one customer that are read at most. */
const MAX_SUBSCRIPTIONS = 1_000;

/** Whether the subscription is planned to end no later than the paid period. */
export function endsWithPeriod({ endsAt, currentPeriodEnd }: ProSubscription): boolean {
  return endsAt !== null && endsAt <= currentPeriodEnd;
}

/** Subscriptions at Stripe; only those to the product of the Pro price count. */
@Injectable()
export class StripeSubscriptions {
  private product?: string;

  constructor(
    private readonly stripe: StripeClient,
    private readonly settings: Settings,
  ) {}

  /**
   * The customer and all their Pro subscriptions.
   * @throws AppError `stripe.unavailable`
   */
  async stateOf(customer: string): Promise<StripeState> {
    const [exists, subscriptions] = await Promise.all([this.customerExists(customer), this.list(customer)]);
    return { exists, subscriptions };
  }

  /**
   * All Pro subscriptions of a customer, ended ones too, newest first; empty for a customer that Stripe does not know.
   * @throws AppError `stripe.unavailable`
   */
  async list(customer: string): Promise<ProSubscription[]> {
    const product = await this.proProduct();
    const all = await this.fetch(customer);
    return all.flatMap((subscription) => toProSubscription(subscription, product) ?? []);
  }

  /**
   * Plans the end at the end of the paid period, or moves a later end there. Stripe refuses the flag while `cancel_at`
   * is set, so a planned end is moved by `cancel_at`.
   * @throws AppError `stripe.unavailable`, StripeMissing when the subscription has ended
   */
  async endAtPeriodEnd({ id, cancelAt, currentPeriodEnd }: ProSubscription): Promise<void> {
    const cancel_at = Math.floor(currentPeriodEnd.getTime() / 1000);
    await this.update(id, cancelAt ? { cancel_at } : { cancel_at_period_end: true });
  }

  /**
   * Removes a planned end. Stripe refuses both fields in one request, so only the one that is set is cleared.
   * @throws AppError `stripe.unavailable`, StripeMissing when the subscription has ended
   */
  async removePlannedEnd({ id, cancelAtPeriodEnd }: ProSubscription): Promise<void> {
    await this.update(id, cancelAtPeriodEnd ? { cancel_at_period_end: false } : { cancel_at: '' });
  }

  /** Ends a subscription at once; does nothing when it has ended already. @throws AppError `stripe.unavailable` */
  async cancelNow(id: string): Promise<void> {
    try {
      await this.stripe.call((sdk, options) => sdk.subscriptions.cancel(id, {}, options));
    } catch (error) {
      if (!(error instanceof StripeMissing)) throw error;
    }
  }

  private async customerExists(id: string): Promise<boolean> {
    try {
      const customer = await this.stripe.call((sdk, options) => sdk.customers.retrieve(id, {}, options));
      return customer.deleted !== true;
    } catch (error) {
      if (error instanceof StripeMissing) return false;
      throw error;
    }
  }

  private async update(id: string, change: Stripe.SubscriptionUpdateParams): Promise<void> {
    await this.stripe.call((sdk, options) => sdk.subscriptions.update(id, change, options));
  }

  private async fetch(customer: string): Promise<Stripe.Subscription[]> {
    try {
      return await this.stripe.call((sdk, options) =>
        sdk.subscriptions
          .list({ customer, status: 'all', limit: 100 }, options)
          .autoPagingToArray({ limit: MAX_SUBSCRIPTIONS }),
      );
    } catch (error) {
      if (error instanceof StripeMissing) return [];
      throw error;
    }
  }

  /** Cached for the life of the process: Stripe never moves a price to another product. */
  private async proProduct(): Promise<string> {
    if (this.product) return this.product;
    const price = await this.stripe.call((sdk, options) =>
      sdk.prices.retrieve(this.settings.STRIPE_PRO_PRICE_ID, {}, options),
    );
    return (this.product = idOf(price.product));
  }
}

function toProSubscription(subscription: Stripe.Subscription, product: string): ProSubscription | null {
  const item = subscription.items.data.find(({ price }) => idOf(price.product) === product);
  if (!item) return null;
  const currentPeriodEnd = toDate(item.current_period_end);
  const cancelAt = subscription.cancel_at === null ? null : toDate(subscription.cancel_at);
  return {
    id: subscription.id,
    status: subscription.status,
    currentPeriodStart: toDate(item.current_period_start),
    currentPeriodEnd,
    cancelAtPeriodEnd: subscription.cancel_at_period_end,
    cancelAt,
    endsAt: cancelAt ?? (subscription.cancel_at_period_end ? currentPeriodEnd : null),
  };
}

function toDate(unixSeconds: number): Date {
  return new Date(unixSeconds * 1000);
}

function idOf(reference: string | { id: string }): string {
  return typeof reference === 'string' ? reference : reference.id;
}
