import type { Price } from './catalog.js';
import type { Metadata, WireList, WireObject } from './object.js';

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

export interface CheckoutSession extends WireObject {
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
