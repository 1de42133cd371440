import { periodEnd } from './calendar.js';
import type { Price } from './wire/catalog.js';
import type { PaymentMethod } from './wire/customer.js';
import { makeId, type Metadata } from './wire/object.js';
import type { Subscription } from './wire/subscription.js';

export interface SubscriptionInput {
  customer: string;
  price: Price;
  quantity: number;
  metadata: Metadata;
  description: string | null;
  paymentMethod: PaymentMethod | null;
  trialDays: number | null;
}

/** A new subscription: `incomplete` until paid, or on trial. */
export function newSubscription(input: SubscriptionInput, now: number): Subscription {
  const id = makeId('sub_1');
  const trialEnd = input.trialDays ? now + input.trialDays * 86_400 : null;
  return {
    id,
    object: 'subscription',
    created: now,
    livemode: false,
    application: null,
    automatic_tax: { enabled: false, disabled_reason: null, liability: null },
    billing_cycle_anchor: trialEnd ?? now,
    billing_mode: { type: 'flexible', flexible: { proration_discounts: 'included' } },
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, reason: null },
    collection_method: 'charge_automatically',
    currency: input.price.currency,
    customer: input.customer,
    days_until_due: null,
    default_payment_method: input.paymentMethod?.id ?? null,
    default_source: null,
    description: input.description,
    discounts: [],
    ended_at: null,
    items: {
      object: 'list',
      data: [newItem(id, input, now, trialEnd)],
      has_more: false,
      url: `/v1/subscription_items?subscription=${id}`,
    },
    latest_invoice: null,
    metadata: input.metadata,
    pause_collection: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: now,
    status: trialEnd ? 'trialing' : 'incomplete',
    test_clock: null,
    trial_end: trialEnd,
    trial_start: trialEnd ? now : null,
  };
}

function newItem(subscription: string, input: SubscriptionInput, now: number, trialEnd: number | null) {
  const { price, quantity } = input;
  return {
    id: makeId('si_', 14),
    object: 'subscription_item' as const,
    created: now,
    current_period_start: now,
    current_period_end: trialEnd ?? nextPeriodEnd(price, now, now),
    discounts: [],
    metadata: {},
    plan: {
      id: price.id,
      object: 'plan' as const,
      active: true,
      amount: price.unit_amount,
      currency: price.currency,
      product: price.product,
    },
    price,
    quantity,
    subscription,
    tax_rates: [],
  };
}

export function nextPeriodEnd(price: Price, anchor: number, after: number): number {
  const { interval, interval_count: count } = price.recurring ?? {
    interval: 'month' as const,
    interval_count: 1,
  };
  return periodEnd(anchor, interval, count, after);
}

/** The item of a subscription: in the sandbox each has exactly one. */
export function itemOf(subscription: Subscription) {
  const [item] = subscription.items.data;
  if (!item) throw new Error(`Subscription ${subscription.id} has no item`);
  return item;
}

export function isLive({ status }: Subscription): boolean {
  return status !== 'canceled' && status !== 'incomplete_expired';
}

/** The scheduled end, if there is one: by `cancel_at` or by `cancel_at_period_end`. */
export function scheduledEnd(subscription: Subscription): number | null {
  if (subscription.cancel_at !== null) return subscription.cancel_at;
  return subscription.cancel_at_period_end ? itemOf(subscription).current_period_end : null;
}

/** Schedules the end, or with null removes a scheduled one; `atPeriodEnd` is the older of the two ways to express it. */
export function scheduleEnd(
  subscription: Subscription,
  at: number | null,
  atPeriodEnd: boolean,
  now: number,
): void {
  subscription.cancel_at = at;
  subscription.cancel_at_period_end = at !== null && atPeriodEnd;
  subscription.canceled_at = at === null ? null : now;
  subscription.cancellation_details.reason = at === null ? null : 'cancellation_requested';
}
