import { parseArgs } from 'node:util';
import { readEnvironment } from './config/environment.js';
import { loadAddress } from './config/settings.js';
import { stripeAccess } from './config/command-settings.js';
import { setUpAccount } from './infra/stripe/account-setup.js';
import { connectStripe } from './infra/stripe/stripe.client.js';
import { handledTypes } from './webhook/handlers.js';

/**
 * `npm run stripe:setup -- --amount 999 --currency usd`: creates what the product needs in a Stripe account and prints the
 * settings for it.
 */
const { values } = parseArgs({
  options: {
    amount: { type: 'string', default: '999' },
    currency: { type: 'string', default: 'usd' },
  },
});

try {
  const amount = Number(values.amount);
  if (!Number.isSafeInteger(amount) || amount <= 0) throw new Error('--amount wants a whole number of cents');
  const { key, apiBase } = stripeAccess();
  const address = loadAddress(readEnvironment());
  const price = await setUpAccount(connectStripe(key, apiBase), {
    amount,
    currency: values.currency.toLowerCase(),
  });
  process.stdout.write(`${report(price, address)}\n`);
} catch (error) {
  process.stderr.write(`Stripe was not set up: ${(error as Error).message}\n`);
  process.exitCode = 1;
}

function report(price: string, { PORT, API_PREFIX, PUBLIC_URL }: ReturnType<typeof loadAddress>): string {
  const path = [API_PREFIX, 'webhook/stripe'].filter(Boolean).join('/');
  return `The product, its price and the portal are there. Settings:

STRIPE_PRO_PRICE_ID=${price}
STRIPE_WEBHOOK_SECRET=<the signing secret of the endpoint>

The endpoint: ${PUBLIC_URL ?? '<your PUBLIC_URL>'}/${path}, with these events:

${handledTypes.map((type) => `  ${type}`).join('\n')}

On a laptop instead: stripe listen --events ${handledTypes.join(',')} --forward-to localhost:${PORT}/${path}`;
}
