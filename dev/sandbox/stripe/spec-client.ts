import Stripe from 'stripe';
import { createStripeSandbox, type StripeSandbox, type StripeSandboxOptions } from './sandbox.js';

export const proPrice = 'price_pro';

/** A sandbox with the Pro price and the real SDK pointed at it. */
export async function startSandbox(
  options: StripeSandboxOptions = {},
): Promise<{ sandbox: StripeSandbox; stripe: Stripe }> {
  const sandbox = await createStripeSandbox({ proPriceId: proPrice, ...options });
  return { sandbox, stripe: clientOf(sandbox) };
}

export function clientOf(
  sandbox: StripeSandbox,
  settings: { timeout?: number; maxNetworkRetries?: number } = {},
): Stripe {
  const { hostname, port } = new URL(sandbox.url);
  return new Stripe('sk_test_spec', {
    host: hostname,
    port: Number(port),
    protocol: 'http',
    maxNetworkRetries: 0,
    ...settings,
  });
}

export function openCheckout(stripe: Stripe, customer: string, idempotencyKey?: string) {
  return stripe.checkout.sessions.create(
    {
      mode: 'subscription',
      customer,
      line_items: [{ price: proPrice, quantity: 1 }],
      success_url: 'http://127.0.0.1:9/checkout/success?session_id={CHECKOUT_SESSION_ID}',
      cancel_url: 'http://127.0.0.1:9/checkout/cancel',
      metadata: { userId: 'u1' },
      subscription_data: { metadata: { userId: 'u1' } },
    },
    idempotencyKey ? { idempotencyKey } : {},
  );
}

/** Asks the sandbox's controls. */
export async function control<T = Record<string, unknown>>(
  sandbox: StripeSandbox,
  path: string,
  body: unknown = {},
): Promise<T> {
  const answer = await fetch(`${sandbox.url}/sandbox${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  return (text === '' ? null : JSON.parse(text)) as T;
}

export async function subscribe(sandbox: StripeSandbox, stripe: Stripe, customer: string, card?: string) {
  const session = await openCheckout(stripe, customer);
  await control(sandbox, `/checkout/${session.id}/pay`, { ...(card && { card }) });
  const [subscription] = (await stripe.subscriptions.list({ customer, status: 'all' })).data;
  if (!subscription) throw new Error('The payment began no subscription');
  return subscription;
}
