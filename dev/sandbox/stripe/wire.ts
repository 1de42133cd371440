/**
 * The objects as they travel: Stripe's field names and places of API version 2026-10-28.endive. Times are unix
 * seconds, money is in the currency's smallest unit. Only what a subscription business reads is here.
 */
export const apiVersion = '2026-10-28.endive';

export type Metadata = Record<string, string>;

export interface Wire {
  id: string;
  object: string;
  created: number;
  livemode: false;
}

export interface Customer extends Wire {
  object: 'customer';
  deleted?: true;
  email: string | null;
  name: string | null;
  phone: string | null;
  description: string | null;
  balance: number;
  currency: string | null;
  delinquent: boolean;
  address: null;
  shipping: null;
  discount: null;
  default_source: null;
  invoice_prefix: string;
  invoice_settings: { default_payment_method: string | null; custom_fields: null; footer: null };
  preferred_locales: string[];
  tax_exempt: 'none';
  test_clock: null;
  metadata: Metadata;
}

export interface Product extends Wire {
  object: 'product';
  active: boolean;
  name: string;
  description: string | null;
  default_price: string | null;
  images: string[];
  marketing_features: { name: string }[];
  metadata: Metadata;
  shippable: null;
  tax_code: null;
  type: 'service';
  updated: number;
  url: null;
}

export type Interval = 'day' | 'week' | 'month' | 'year';

export interface Price extends Wire {
  object: 'price';
  active: boolean;
  billing_scheme: 'per_unit';
  currency: string;
  lookup_key: string | null;
  metadata: Metadata;
  nickname: string | null;
  product: string;
  recurring: {
    interval: Interval;
    interval_count: number;
    meter: null;
    trial_period_days: null;
    usage_type: 'licensed';
  } | null;
  tax_behavior: 'unspecified';
  tiers_mode: null;
  transform_quantity: null;
  type: 'recurring' | 'one_time';
  unit_amount: number;
  unit_amount_decimal: string;
}

export interface WireList<T> {
  object: 'list';
  data: T[];
  has_more: boolean;
  url: string;
}

export interface LineItem {
  id: string;
  object: 'item';
  amount_subtotal: number;
  amount_total: number;
  amount_discount: number;
  amount_tax: number;
  currency: string;
  description: string;
  price: Price;
  quantity: number;
}

export interface CheckoutSession extends Wire {
  object: 'checkout.session';
  mode: 'subscription';
  status: 'open' | 'complete' | 'expired';
  payment_status: 'paid' | 'unpaid' | 'no_payment_required';
  ui_mode: 'hosted_page';
  url: string | null;
  success_url: string;
  cancel_url: string | null;
  expires_at: number;
  customer: string | null;
  customer_email: string | null;
  customer_details: { email: string | null; name: string | null; phone: string | null; address: null } | null;
  client_reference_id: string | null;
  amount_subtotal: number;
  amount_total: number;
  currency: string;
  subscription: string | null;
  invoice: string | null;
  payment_intent: null;
  setup_intent: null;
  payment_link: null;
  payment_method_collection: 'always';
  payment_method_types: string[];
  allow_promotion_codes: boolean | null;
  after_expiration: null;
  locale: string | null;
  metadata: Metadata;
  line_items: WireList<LineItem>;
  /** Not on the wire: what the subscription is to carry. */
  subscription_data: { metadata: Metadata; trial_period_days: number | null; description: string | null };
}

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

export interface Subscription extends Wire {
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
  pause_collection: null;
  pending_setup_intent: null;
  pending_update: null;
  schedule: null;
  start_date: number;
  status: SubscriptionStatus;
  test_clock: null;
  trial_end: number | null;
  trial_start: number | null;
}

export interface Invoice extends Wire {
  object: 'invoice';
  account_name: string;
  amount_due: number;
  amount_paid: number;
  amount_remaining: number;
  attempt_count: number;
  attempted: boolean;
  auto_advance: boolean;
  billing_reason: 'subscription_create' | 'subscription_cycle';
  collection_method: 'charge_automatically';
  currency: string;
  customer: string;
  customer_email: string | null;
  customer_name: string | null;
  default_payment_method: string | null;
  description: null;
  hosted_invoice_url: string | null;
  invoice_pdf: string | null;
  lines: WireList<Record<string, unknown>>;
  metadata: Metadata;
  next_payment_attempt: number | null;
  number: string;
  parent: {
    type: 'subscription_details';
    quote_details: null;
    subscription_details: { subscription: string; metadata: Metadata };
  };
  period_start: number;
  period_end: number;
  status: 'open' | 'paid' | 'uncollectible' | 'void';
  status_transitions: {
    finalized_at: number | null;
    paid_at: number | null;
    marked_uncollectible_at: number | null;
    voided_at: number | null;
  };
  subtotal: number;
  total: number;
}

export interface PaymentMethod extends Wire {
  object: 'payment_method';
  type: 'card';
  customer: string | null;
  card: { brand: string; last4: string; exp_month: number; exp_year: number; funding: 'credit' };
  /** Not on the wire: what this card does when it is charged. */
  behaviour: 'pays' | 'declines' | 'declines_later';
}

export interface PortalConfiguration extends Wire {
  object: 'billing_portal.configuration';
  active: boolean;
  application: null;
  business_profile: Record<string, unknown>;
  default_return_url: string | null;
  features: Record<string, unknown>;
  is_default: boolean;
  login_page: { enabled: false; url: null };
  metadata: Metadata;
  name: string | null;
  updated: number;
}

export interface PortalSession extends Wire {
  object: 'billing_portal.session';
  configuration: string;
  customer: string;
  flow: null;
  locale: null;
  on_behalf_of: null;
  return_url: string | null;
  url: string;
}

export interface StripeEvent extends Wire {
  object: 'event';
  api_version: string;
  data: { object: unknown; previous_attributes?: Record<string, unknown> };
  pending_webhooks: number;
  request: { id: string | null; idempotency_key: string | null };
  type: string;
}
