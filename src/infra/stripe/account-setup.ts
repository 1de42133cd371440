import type Stripe from 'stripe';
import { PORTAL_TAG } from './stripe-portal.js';

export interface Offer {
  /** In the currency's smallest unit. */
  amount: number;
  /** Three letters, lower case. */
  currency: string;
}

/** Finds the price again: an account has at most one of a lookup key. */
const LOOKUP_KEY = 'gemini_chat_pro_monthly';
const PRODUCT = 'gemini_chat_pro';
const MARK = { [PORTAL_TAG.key]: PORTAL_TAG.value };

/**
 * Makes what the product needs at Stripe, once: the product, its monthly price, the portal's configuration.
 * May be repeated; another amount makes a new price and leaves running subscriptions on theirs.
 * @returns the price's id
 */
export async function setUpAccount(stripe: Stripe, offer: Offer): Promise<string> {
  await ensureProduct(stripe);
  const price = await ensurePrice(stripe, offer);
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
    metadata: MARK,
  });
}

async function ensurePrice(stripe: Stripe, { amount, currency }: Offer): Promise<string> {
  const { data } = await stripe.prices.list({ lookup_keys: [LOOKUP_KEY], active: true });
  const present = data.find((price) => price.unit_amount === amount && price.currency === currency);
  if (present) return present.id;
  const made = await stripe.prices.create({
    product: PRODUCT,
    currency,
    unit_amount: amount,
    recurring: { interval: 'month' },
    lookup_key: LOOKUP_KEY,
    transfer_lookup_key: true,
    metadata: MARK,
  });
  return made.id;
}

/** No change of plan there: the one plan is bought through checkout. */
async function ensurePortal(stripe: Stripe): Promise<void> {
  const { data } = await stripe.billingPortal.configurations.list({ active: true, limit: 100 });
  if (data.some(({ metadata }) => metadata?.[PORTAL_TAG.key] === PORTAL_TAG.value)) return;
  await stripe.billingPortal.configurations.create({
    features: {
      invoice_history: { enabled: true },
      payment_method_update: { enabled: true },
      subscription_cancel: { enabled: true, mode: 'at_period_end' },
    },
    metadata: MARK,
  });
}
