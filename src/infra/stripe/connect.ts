import Stripe from 'stripe';
import { boundedHttpClient } from './bounded-http.js';

/**
 * The SDK for a key; `base` is the address of any server that speaks Stripe's wire format, unset for Stripe itself.
 * Times are in milliseconds.
 */
export function connectStripe(
  key: string,
  base: string | undefined,
  options: Stripe.StripeConfig = {},
): Stripe {
  return new Stripe(key, {
    ...target(base),
    maxNetworkRetries: 2,
    timeout: 20_000,
    httpClient: boundedHttpClient(),
    telemetry: false,
    appInfo: { name: 'gemini-chat-backend' },
    ...options,
  });
}

function target(base: string | undefined): Stripe.StripeConfig {
  if (!base) return {};
  const { hostname, port, protocol } = new URL(base);
  const scheme = protocol === 'http:' ? 'http' : 'https';
  return { host: hostname, port: port || (scheme === 'http' ? 80 : 443), protocol: scheme };
}
