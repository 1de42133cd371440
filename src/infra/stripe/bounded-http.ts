import Stripe from 'stripe';
import { timeLeft } from './deadline.js';

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
