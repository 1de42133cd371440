import { normalizeEnvironment, readEnvironment } from './environment.js';

/**
 * Where migrations go: past a pooler if there is a direct way. Nothing else has to be configured to migrate.
 * @throws Error when neither setting is there
 */
export function migrationUrl(): string {
  const env = normalizeEnvironment(readEnvironment());
  const url = env.DIRECT_DATABASE_URL ?? env.DATABASE_URL;
  if (!url) throw new Error('DATABASE_URL (or DIRECT_DATABASE_URL) is not set.');
  return url;
}

/**
 * What it takes to speak to a Stripe account that is not set up yet.
 * @throws Error when there is no key
 */
export function stripeAccess(): { key: string; apiBase: string | undefined } {
  const { STRIPE_SECRET_KEY: key, STRIPE_API_BASE: apiBase } = readEnvironment();
  if (!key) throw new Error('STRIPE_SECRET_KEY is not set.');
  return { key, apiBase };
}
