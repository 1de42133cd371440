import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { Settings } from '../../config/settings.js';
import { StripeClient } from './stripe.client.js';
import { StripeMissing } from './stripe-error.js';

/** A subscription to the Pro product, in our terms. */
export interface ProSubscription {
  id: string;
  status: string;
  currentPeriodStart: Date;
  currentPeriodEnd: Date;
  /** Stripe's flag; its newer billing plans an end by a moment alone. */
  cancelAtPeriodEnd: boolean;
  cancelAt: Date | null;
  /** When it ends by itself, in whichever way that was said; null while it renews. */
  endsAt: Date | null;
}

const MOST = 1_000;

/** Whether it ends by itself no later than what is paid for. */
export function endsWithPeriod({ endsAt, currentPeriodEnd }: ProSubscription): boolean {
  return endsAt !== null && endsAt <= currentPeriodEnd;
}

/** Subscriptions at Stripe, those to the Pro price's product alone. */
@Injectable()
export class StripeSubscriptions {
  private product?: string;

  constructor(
    private readonly stripe: StripeClient,
    private readonly settings: Settings,
  ) {}

  /**
   * All Pro subscriptions of a customer, ended ones too, newest first; none for a customer Stripe does not know.
   * @throws AppError `stripe.unavailable`
   */
  async list(customer: string): Promise<ProSubscription[]> {
    const product = await this.proProduct();
    const all = await this.fetch(customer);
    return all.flatMap((subscription) => toProSubscription(subscription, product) ?? []);
  }

  /**
   * Plans the end at the end of the paid period, or moves a later one there: Stripe refuses the flag beside a moment.
   * @throws AppError `stripe.unavailable`, StripeMissing when it is over
   */
  async endAtPeriodEnd({ id, cancelAt, currentPeriodEnd }: ProSubscription): Promise<void> {
    const moment = Math.floor(currentPeriodEnd.getTime() / 1000);
    await this.update(id, cancelAt ? { cancel_at: moment } : { cancel_at_period_end: true });
  }

  /** Takes a planned end back: Stripe refuses both ways of saying it at once, so only the one that is set is cleared. */
  async keep(subscription: ProSubscription): Promise<void> {
    await this.update(
      subscription.id,
      subscription.cancelAtPeriodEnd ? { cancel_at_period_end: false } : { cancel_at: '' },
    );
  }

  /** Ends it at once; one that is over already stays over. @throws AppError `stripe.unavailable` */
  async cancelNow(id: string): Promise<void> {
    try {
      await this.stripe.call((sdk, options) => sdk.subscriptions.cancel(id, {}, options));
    } catch (error) {
      if (!(error instanceof StripeMissing)) throw error;
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
          .autoPagingToArray({ limit: MOST }),
      );
    } catch (error) {
      if (error instanceof StripeMissing) return [];
      throw error;
    }
  }

  /** A price never changes its product. */
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
  const currentPeriodEnd = moment(item.current_period_end);
  const cancelAt = subscription.cancel_at === null ? null : moment(subscription.cancel_at);
  return {
    id: subscription.id,
    status: subscription.status,
    currentPeriodStart: moment(item.current_period_start),
    currentPeriodEnd,
    cancelAtPeriodEnd: subscription.cancel_at_period_end,
    cancelAt,
    endsAt: cancelAt ?? (subscription.cancel_at_period_end ? currentPeriodEnd : null),
  };
}

function moment(unixSeconds: number): Date {
  return new Date(unixSeconds * 1000);
}

function idOf(reference: string | { id: string }): string {
  return typeof reference === 'string' ? reference : reference.id;
}
