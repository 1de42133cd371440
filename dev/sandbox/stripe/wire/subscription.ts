import type { Price } from './catalog.js';
import type { Metadata, WireList, WireObject } from './object.js';

export type SubscriptionStatus =
  'active' | 'canceled' | 'incomplete' | 'incomplete_expired' | 'past_due' | 'paused' | 'trialing' | 'unpaid';

export interface SubscriptionItem {
  id: string;
  object: 'subscription_item';
  created: number;
  current_period_start: number;
  current_period_end: number;
  discounts: string[];
  metadata: Metadata;
  plan: { id: string; object: 'plan'; active: boolean; amount: number; currency: string; product: string };
  price: Price;
  quantity: number;
  subscription: string;
  tax_rates: string[];
}

/** A schedule, as far as it matters that it manages a subscription: it has no phases here. */
export interface SubscriptionSchedule extends WireObject {
  object: 'subscription_schedule';
  customer: string;
  end_behavior: 'release';
  released_at: number | null;
  released_subscription: string | null;
  status: 'active' | 'released';
  subscription: string | null;
}

export interface Subscription extends WireObject {
  object: 'subscription';
  application: null;
  automatic_tax: { enabled: false; disabled_reason: null; liability: null };
  billing_cycle_anchor: number;
  billing_mode: { type: 'flexible'; flexible: { proration_discounts: 'included' } };
  billing_thresholds: null;
  cancel_at: number | null;
  cancel_at_period_end: boolean;
  canceled_at: number | null;
  cancellation_details: { comment: string | null; feedback: string | null; reason: string | null };
  collection_method: 'charge_automatically';
  currency: string;
  customer: string;
  days_until_due: null;
  default_payment_method: string | null;
  default_source: null;
  description: string | null;
  discounts: string[];
  ended_at: number | null;
  items: WireList<SubscriptionItem>;
  latest_invoice: string | null;
  metadata: Metadata;
  pause_collection: { behavior: 'void' | 'mark_uncollectible' | 'keep_as_draft'; resumes_at: null } | null;
  pending_setup_intent: null;
  pending_update: null;
  schedule: string | null;
  start_date: number;
  status: SubscriptionStatus;
  test_clock: null;
  trial_end: number | null;
  trial_start: number | null;
}
