import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { Settings } from '../../config/settings.js';
import { StripeClient, StripeMissing } from './stripe.client.js';
import type { Reversal } from './stripe-payments.js';

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
  /** The schedule that manages the subscription, if there is one: Stripe then refuses to change its planned end. */
  schedule: string | null;
  /** Why Stripe advises to give nothing for it whatever its status is; a payment that was given back is not looked up here. */
  withheld: 'paused' | 'no_quantity' | Reversal | null;
  /** The latest invoice, if it is paid. */
  paidInvoice: string | null;
}

/** What Stripe knows of a customer. */
export interface StripeState {
  /** Whether the customer can still pay: false when it was deleted or was never known, null when this was not fetched. */
  exists: boolean | null;
  /** Pro subscriptions, newest first; cancelled ones are left out. */
  subscriptions: ProSubscription[];
}

/** Subscriptions of one customer that are read at most: Stripe allows 500 that have not ended. */
const MAX_SUBSCRIPTIONS = 500;

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
   * What one call says of a customer: the Pro subscriptions. Without any the call does not say whether the customer
   * exists.
   * @throws AppError `stripe.unavailable`, StripeRefused
   */
  async stateOf(customer: string): Promise<StripeState> {
    const all = await this.fetch(customer);
    if (all === null) return { exists: false, subscriptions: [] };
    const [first] = all;
    if (!first) return { exists: null, subscriptions: [] };
    const product = await this.proProduct(all);
    const subscriptions = all.flatMap((one) => toProSubscription(one, product) ?? []);
    return { exists: !isDeleted(first.customer), subscriptions };
  }

  /**
   * As `stateOf`, with a second call where the first does not say whether the customer exists.
   * @throws AppError `stripe.unavailable`, StripeRefused
   */
  async fullStateOf(customer: string): Promise<StripeState> {
    const state = await this.stateOf(customer);
    return state.exists === null ? { ...state, exists: await this.customerExists(customer) } : state;
  }

  /**
   * Plans the end at the end of the paid period, or moves a later end there; does nothing when the subscription has ended.
   * Stripe refuses the flag while `cancel_at` is set, so a planned end is moved by `cancel_at`.
   * @throws AppError `stripe.unavailable`, StripeRefused
   */
  async endAtPeriodEnd(subscription: ProSubscription): Promise<void> {
    const { cancelAt, currentPeriodEnd } = subscription;
    const cancel_at = Math.floor(currentPeriodEnd.getTime() / 1000);
    await this.update(subscription, cancelAt ? { cancel_at } : { cancel_at_period_end: true });
  }

  /**
   * Removes a planned end; does nothing when the subscription has ended. Stripe refuses both fields in one request, so only
   * the one that is set is cleared.
   * @throws AppError `stripe.unavailable`, StripeRefused
   */
  async removePlannedEnd(subscription: ProSubscription): Promise<void> {
    const flag = subscription.cancelAtPeriodEnd;
    await this.update(subscription, flag ? { cancel_at_period_end: false } : { cancel_at: '' });
  }

  /** Ends a subscription at once; does nothing when it has ended already. @throws AppError `stripe.unavailable`, StripeRefused */
  async cancelNow(id: string): Promise<void> {
    await unlessEnded(this.stripe.call((sdk, options) => sdk.subscriptions.cancel(id, {}, options)));
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

  /** Stripe advises to release a schedule before what it manages is changed; the subscription stays as it is now. */
  private async update(
    { id, schedule }: ProSubscription,
    change: Stripe.SubscriptionUpdateParams,
  ): Promise<void> {
    if (schedule)
      await this.stripe.call((sdk, options) => sdk.subscriptionSchedules.release(schedule, {}, options));
    await unlessEnded(this.stripe.call((sdk, options) => sdk.subscriptions.update(id, change, options)));
  }

  /** All subscriptions that are not cancelled, with their customer; null for a customer that Stripe does not know. */
  private async fetch(customer: string): Promise<Stripe.Subscription[] | null> {
    try {
      return await this.stripe.call((sdk, options) =>
        sdk.subscriptions
          .list({ customer, limit: 100, expand: ['data.customer', 'data.latest_invoice'] }, options)
          .autoPagingToArray({ limit: MAX_SUBSCRIPTIONS }),
      );
    } catch (error) {
      if (error instanceof StripeMissing) return null;
      throw error;
    }
  }

  /**
   * Cached for the life of the process: Stripe never moves a price to another product. A subscription at the Pro price names
   * the product; only where there is none a call is made.
   */
  private async proProduct(subscriptions: Stripe.Subscription[]): Promise<string> {
    if (this.product) return this.product;
    const id = this.settings.STRIPE_PRO_PRICE_ID;
    const known = subscriptions
      .flatMap(({ items }) => items.data)
      .find(({ price }) => price.id === id)?.price;
    const price = known ?? (await this.stripe.call((sdk, options) => sdk.prices.retrieve(id, {}, options)));
    return (this.product = idOf(price.product));
  }
}

/** Ignores that the subscription has ended: Stripe then has no such object to change. */
async function unlessEnded(change: Promise<unknown>): Promise<void> {
  try {
    await change;
  } catch (error) {
    if (!(error instanceof StripeMissing)) throw error;
  }
}

function toProSubscription(subscription: Stripe.Subscription, product: string): ProSubscription | null {
  const items = subscription.items.data.filter(({ price }) => idOf(price.product) === product);
  const item = items.find(({ quantity }) => quantity !== 0) ?? items[0];
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
    schedule: subscription.schedule && idOf(subscription.schedule),
    withheld: withheldFor(subscription, item),
    paidInvoice: paidInvoice(subscription),
  };
}

function toDate(unixSeconds: number): Date {
  return new Date(unixSeconds * 1000);
}

function idOf(reference: string | { id: string }): string {
  return typeof reference === 'string' ? reference : reference.id;
}

function isDeleted(customer: Stripe.Subscription['customer']): boolean {
  return typeof customer === 'object' && customer.deleted === true;
}

/** Of the ways to pause collection, `void` is the one for a service that is not given meanwhile. */
function withheldFor(
  { pause_collection }: Stripe.Subscription,
  { quantity }: Stripe.SubscriptionItem,
): ProSubscription['withheld'] {
  if (pause_collection?.behavior === 'void') return 'paused';
  return quantity === 0 ? 'no_quantity' : null;
}

function paidInvoice({ latest_invoice: invoice }: Stripe.Subscription): string | null {
  return typeof invoice === 'object' && invoice?.status === 'paid' ? invoice.id : null;
}
