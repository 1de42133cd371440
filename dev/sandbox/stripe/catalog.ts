import { wallTime } from './clock.js';
import type { Store } from './store.js';
import type { Interval, Price, Product } from './wire/catalog.js';
import { makeId, type Metadata } from './wire/object.js';

export function newProduct(given: Partial<Product> & { name: string }): Product {
  const now = wallTime();
  return {
    id: makeId('prod_', 14),
    object: 'product',
    created: now,
    livemode: false,
    active: true,
    description: null,
    default_price: null,
    images: [],
    marketing_features: [],
    metadata: {},
    shippable: null,
    tax_code: null,
    type: 'service',
    updated: now,
    url: null,
    ...given,
  };
}

export interface PriceInput {
  id?: string;
  product: string;
  currency: string;
  amount: number;
  interval: Interval | null;
  count?: number;
  lookupKey?: string | null;
  nickname?: string | null;
  metadata?: Metadata;
}

export function newPrice(input: PriceInput): Price {
  const { interval, count = 1 } = input;
  return {
    id: input.id ?? makeId('price_1'),
    object: 'price',
    created: wallTime(),
    livemode: false,
    active: true,
    billing_scheme: 'per_unit',
    currency: input.currency,
    lookup_key: input.lookupKey ?? null,
    metadata: input.metadata ?? {},
    nickname: input.nickname ?? null,
    product: input.product,
    recurring: interval && {
      interval,
      interval_count: count,
      meter: null,
      trial_period_days: null,
      usage_type: 'licensed',
    },
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: interval ? 'recurring' : 'one_time',
    unit_amount: input.amount,
    unit_amount_decimal: String(input.amount),
  };
}

/** A product and the monthly price of the given id, unless that price is there already. */
export function seedPro(store: Store, priceId: string): void {
  if (store.state.prices[priceId]) return;
  const product = newProduct({
    id: `prod_of_${priceId}`,
    name: 'Pro',
    description: 'Unlimited prompts, every day.',
    default_price: priceId,
  });
  store.state.products[product.id] = product;
  store.state.prices[priceId] = newPrice({
    id: priceId,
    product: product.id,
    currency: 'usd',
    amount: 999,
    interval: 'month',
    nickname: 'Pro, monthly',
  });
  store.touch();
}
