import type { Metadata, WireObject } from './object.js';

export interface Customer extends WireObject {
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

export interface PaymentMethod extends WireObject {
  object: 'payment_method';
  type: 'card';
  customer: string | null;
  card: { brand: string; last4: string; exp_month: number; exp_year: number; funding: 'credit' };
  /** Not on the wire: what this card does when it is charged. */
  behaviour: 'pays' | 'declines' | 'declines_later';
}
