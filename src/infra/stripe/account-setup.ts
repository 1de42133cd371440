import type Stripe from 'stripe';
import { PORTAL_TAG } from './stripe-customers.js';

/** The monthly price of Pro. */
export interface ProPrice {
  /** In the currency's smallest unit. */
  amount: number;
  /** Three letters, lower case. */
  currency: string;
}

/** By this key the price is found again: Stripe allows one active price per lookup key. */
const LOOKUP_KEY = 'gemini_chat_pro_monthly';
const PRODUCT = 'gemini_chat_pro';
const METADATA = { [PORTAL_TAG.key]: PORTAL_TAG.value };

/**
 * Creates what the product needs at Stripe, where it is missing: the product, its monthly price, the portal's configuration.
 * May be repeated; another amount creates a new price, and running subscriptions keep theirs.
 * @returns the price's id
 * @throws an error of the SDK
 */
export async function setUpAccount(stripe: Stripe, proPrice: ProPrice): Promise<string> {
  await ensureProduct(stripe);
  const price = await ensurePrice(stripe, proPrice);
  await ensurePortal(stripe);
  return price;
}

async function ensureProduct(stripe: Stripe): Promise<void> {
  const { data } = await stripe.products.list({ ids: [PRODUCT] });
  if (data.length > 0) return;
  await stripe.products.create({
    id: PRODUCT,
    name: 'Pro',
    description: 'Unlimited prompts, every day.',
    metadata: METADATA,
  });
}

async function ensurePrice(stripe: Stripe, { amount, currency }: ProPrice): Promise<string> {
  const { data } = await stripe.prices.list({ lookup_keys: [LOOKUP_KEY], active: true });
  const present = data.find((price) => price.unit_amount === amount && price.currency === currency);
  if (present) return present.id;
  const created = await stripe.prices.create({
    product: PRODUCT,
    currency,
    unit_amount: amount,
    recurring: { interval: 'month' },
    lookup_key: LOOKUP_KEY,
    transfer_lookup_key: true,
    metadata: METADATA,
  });
  return created.id;
}

/** The portal offers no change of plan: there is one plan, and it is bought through checkout. */
async function ensurePortal(stripe: Stripe): Promise<void> {
  const { data } = await stripe.billingPortal.configurations.list({ active: true, limit: 100 });
  if (data.some(({ metadata }) => metadata?.[PORTAL_TAG.key] === PORTAL_TAG.value)) return;
  await stripe.billingPortal.configurations.create({
    features: {
      invoice_history: { enabled: true },
      payment_method_update: { enabled: true },
      subscription_cancel: { enabled: true, mode: 'at_period_end' },
    },
    metadata: METADATA,
  });
}
