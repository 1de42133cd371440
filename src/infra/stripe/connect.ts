import Stripe from 'stripe';
import { timeLeft } from './deadline.js';

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

/**
 * The SDK's own way to the network, which keeps to the deadline of the work it is used in: its retries too end with it.
 * A caller who was told that Stripe was not reached must not see the request carried out afterwards.
 */
export function boundedHttpClient(): Stripe.HttpClient {
  const client = Stripe.createNodeHttpClient();
  const send = client.makeRequest.bind(client);
  client.makeRequest = (host, port, path, method, headers, body, protocol, timeout) => {
    const left = timeLeft(timeout);
    if (left <= 0) return Promise.reject(new Error('no time left'));
    return send(host, port, path, method, headers, body, protocol, left);
  };
  return client;
}
