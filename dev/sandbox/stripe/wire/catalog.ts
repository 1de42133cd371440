import type { Metadata, WireObject } from './object.js';

export interface Product extends WireObject {
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

export interface Price extends WireObject {
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
