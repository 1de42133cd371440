import { readEnvironment } from './environment.js';

/**
 * What it takes to speak to a Stripe account that is not set up yet.
 * @throws Error when there is no key
 */
export function stripeAccess(): { key: string; apiBase: string | undefined } {
  const { STRIPE_SECRET_KEY: key, STRIPE_API_BASE: apiBase } = readEnvironment();
  if (!key) throw new Error('STRIPE_SECRET_KEY is not set.');
  return { key, apiBase };
}
