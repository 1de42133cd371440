import { randomBytes } from 'node:crypto';
import { Client } from '../../support/client.js';
import { control, statusOf } from '../../support/stripe.js';
import { atLeast, atMost, type Scenario } from '../abuse.js';
import { rawRequest } from '../raw-request.js';
import type { Setup } from '../setup.js';

/** Calls to Stripe for one of our routes, and requests to the billing routes that a person may make in a minute. */
const CALLS = 3;
const PER_MINUTE = 10;

/** A person who has paid, with the page to which the browser returns. */
async function payer(setup: Setup): Promise<{ client: Client; page: string }> {
  const { system } = setup;
  const client = await system.signedIn();
  const { body, status } = await client.post('/subscribe/pro');
  if (status !== 201) throw new Error(`no checkout: ${status}`);
  // Without its events, so that only the return can tell.
  const endpoint = system.stripe.world.deliveries.endpoint;
  const { url } = endpoint;
  endpoint.url = undefined;
  await control(system.stripe, `/checkout/${body.sessionId}/pay`, { card: '4242424242424242' });
  endpoint.url = url;
  return { client, page: `/checkout/success?session_id=${body.sessionId}` };
}

const foreignSessions: Scenario = {
  name: 'checkout-return',
  about: '50 returns a second from checkouts that nobody opened; a payer returns meanwhile',
  async prepare(setup, { seconds }) {
    const { client, page } = await payer(setup);
    const addresses = setup.newAddresses(10);
    const requests = Array.from({ length: 200 }, (_, at) =>
      rawRequest({
        path: `/checkout/success?session_id=cs_test_${randomBytes(24).toString('hex')}`,
        from: addresses[at % addresses.length] ?? '',
      }),
    );
    const { journal } = setup.system.stripe.world;
    journal.clear();
    let tier: unknown;
    const meanwhile = async () => {
      await new Client(setup.url).get(page, { headers: { 'X-Forwarded-For': setup.newAddress() } });
      ({ tier } = await statusOf(client));
    };
    return {
      volleys: [{ requests, perSecond: 50, atMost: 50 * seconds }],
      meanwhile,
      count: () => [
        atMost('calls to Stripe', journal.seen().length, CALLS),
        atLeast('payers who are Pro when they return', tier === 'pro' ? 1 : 0, 1),
      ],
    };
  },
};

const billing: Scenario = {
  name: 'billing',
  about: 'one person asks for checkouts, cancellations and the portal, 40 a second',
  async prepare(setup, { seconds }) {
    const { accessToken: token } = await setup.system.user();
    const from = setup.newAddress();
    const paths = ['/subscribe/pro', '/subscription/cancel', '/subscription/resume', '/subscription/portal'];
    const requests = paths.map((path) => rawRequest({ method: 'POST', path, from, token, body: {} }));
    const { journal } = setup.system.stripe.world;
    journal.clear();
    return {
      volleys: [{ requests, perSecond: 40, atMost: 40 * seconds }],
      count: () => [atMost('calls to Stripe', journal.seen().length, CALLS * PER_MINUTE)],
    };
  },
};

export const payment: Scenario[] = [foreignSessions, billing];
