import { periodEnd } from './calendar.js';
import { makeId } from './ids.js';
import type { Metadata, PaymentMethod, Price, Subscription } from './wire.js';

export interface Beginning {
  customer: string;
  price: Price;
  quantity: number;
  metadata: Metadata;
  description: string | null;
  paymentMethod: PaymentMethod | null;
  trialDays: number | null;
}

/** A subscription as Stripe has it at the moment of its making: `incomplete` until paid, or on trial. */
export function newSubscription(begin: Beginning, now: number): Subscription {
  const id = makeId('sub_1');
  const trialEnd = begin.trialDays ? now + begin.trialDays * 86_400 : null;
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
    currency: begin.price.currency,
    customer: begin.customer,
    days_until_due: null,
    default_payment_method: begin.paymentMethod?.id ?? null,
    default_source: null,
    description: begin.description,
    discounts: [],
    ended_at: null,
    items: {
      object: 'list',
      data: [newItem(id, begin, now, trialEnd)],
      has_more: false,
      url: `/v1/subscription_items?subscription=${id}`,
    },
    latest_invoice: null,
    metadata: begin.metadata,
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

function newItem(subscription: string, begin: Beginning, now: number, trialEnd: number | null) {
  const { price, quantity } = begin;
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

/** The one item every subscription of the sandbox has. */
export function itemOf(subscription: Subscription) {
  const [item] = subscription.items.data;
  if (!item) throw new Error(`Subscription ${subscription.id} has no item`);
  return item;
}

export function isLive({ status }: Subscription): boolean {
  return status !== 'canceled' && status !== 'incomplete_expired';
}

/** When it is to end by itself, if that is scheduled in either of the two ways. */
export function scheduledEnd(subscription: Subscription): number | null {
  if (subscription.cancel_at !== null) return subscription.cancel_at;
  return subscription.cancel_at_period_end ? itemOf(subscription).current_period_end : null;
}

/** Plans an end, or takes it back with a null; `atPeriodEnd` is the older of the two ways to say it. */
export function schedule(
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
