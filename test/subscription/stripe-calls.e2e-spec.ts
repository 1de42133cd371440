import type Stripe from 'stripe';
import type { Answer, Client } from '../support/client.js';
import { buyPro, control, customerOf, stripeSdk } from '../support/stripe.js';
import { System } from '../support/system.js';

const CONFIRM = { confirm: 'delete my account' };

/** What each route costs of Stripe's rate limit, which all accounts share: three calls at most, and why some cost more. */
describe('the calls of Stripe that a request makes', () => {
  let system: System;
  let stripe: Stripe;

  beforeAll(async () => {
    system = await System.start({ workers: 0 });
    stripe = stripeSdk(system.stripe);
    system.stripe.world.deliveries.rules.drop = ['*'];
  });
  afterAll(() => system.stop());

  type Person = Client & { user: { id: string } };
  /** The calls that lead to the answer, which must have this status. */
  const callsOf = async (status: number, ask: () => Promise<Answer>) => {
    system.stripe.world.journal.clear();
    const answer = await ask();
    expect(answer).toMatchObject({ status });
    return system.stripe.world.journal.seen().map(({ method, path }) => `${method} ${path}`);
  };
  const expectCalls = async (most: number, status: number, ask: () => Promise<Answer>) => {
    const calls = await callsOf(status, ask);
    expect({ calls, within: calls.length <= most }).toEqual({ calls, within: true });
    return calls;
  };
  const shopper = async () => {
    const client = await system.signedIn();
    const { sessionId } = (await client.post('/subscribe/pro')).body;
    return { client, sessionId, customer: await customerOf(system, client.user.id) };
  };
  const payer = async () => {
    const client: Person = await system.signedIn();
    return { client, customer: await buyPro(system, client) };
  };
  const live = async (customer: string) => (await stripe.subscriptions.list({ customer })).data[0]?.id ?? '';

  it('POST /subscribe/pro: the first, a second, the next after one that expired, beside a subscription', async () => {
    const client = await system.signedIn();
    const subscribe = () => client.post('/subscribe/pro');
    await expectCalls(3, 201, subscribe);
    await expectCalls(3, 201, subscribe);
    const { sessionId } = (await subscribe()).body;
    await stripe.checkout.sessions.expire(sessionId);
    await expectCalls(3, 201, subscribe);
    const { client: pro } = await payer();
    await expectCalls(3, 409, () => pro.post('/subscribe/pro'));
  });

  it('POST /subscription/cancel and /resume: with, again, and without a subscription', async () => {
    const { client } = await payer();
    for (const path of ['/subscription/cancel', '/subscription/resume']) {
      await expectCalls(3, 200, () => client.post(path));
      await expectCalls(1, 200, () => client.post(path));
      const { client: other } = await shopper();
      await expectCalls(1, 409, () => other.post(path));
    }
  });

  it('POST /subscription/portal: the first of the process with a new customer, and the next', async () => {
    const client = await system.signedIn();
    await expectCalls(3, 201, () => client.post('/subscription/portal'));
    await expectCalls(1, 201, () => client.post('/subscription/portal'));
  });

  it('GET /checkout/success: a session that was paid, and one that was not', async () => {
    const { client, sessionId } = await shopper();
    const visit = () => client.get(`/checkout/success?session_id=${sessionId}`);
    await expectCalls(1, 200, visit);
    await control(system.stripe, `/checkout/${sessionId}/pay`);
    await expectCalls(1, 200, visit);
  });

  it('DELETE /user/me: with a subscription, with an open checkout, and without a customer', async () => {
    const { client: pro } = await payer();
    await expectCalls(3, 204, () => pro.delete('/user/me', CONFIRM));
    const { client: open } = await shopper();
    await expectCalls(3, 204, () => open.delete('/user/me', CONFIRM));
    const basic = await system.signedIn();
    await expectCalls(0, 204, () => basic.delete('/user/me', CONFIRM));
  });

  it('are none for the status and for the page of who left', async () => {
    const { client } = await payer();
    for (const path of ['/subscription/status', '/subscribe/status', '/checkout/cancel'])
      await expectCalls(0, 200, () => client.get(path));
  });

  describe('are more than three where Stripe offers no way with fewer', () => {
    it('an open checkout for a former price must be expired before another is opened', async () => {
      const { client, sessionId } = await shopper();
      const stale = system.stripe.world.store.state.sessions[sessionId];
      if (stale) stale.metadata.priceId = 'price_of_last_year';
      const calls = await expectCalls(4, 201, () => client.post('/subscribe/pro'));
      expect(calls).toContain(`POST /v1/checkout/sessions/${sessionId}/expire`);
    });

    it('a schedule must be released before its subscription is cancelled', async () => {
      const { client, customer } = await payer();
      await control(system.stripe, `/subscriptions/${await live(customer)}`, { schedule: true });
      await expectCalls(4, 200, () => client.post('/subscription/cancel'));
    });

    it('each of two subscriptions is cancelled by a call of its own', async () => {
      const { client, customer } = await payer();
      const card = { customer, default_payment_method: 'pm_card_visa' };
      await stripe.subscriptions.create({ ...card, items: [{ price: 'price_pro' }] });
      await expectCalls(4, 200, () => client.post('/subscription/cancel'));
    });

    it('a customer who was deleted at Stripe is replaced by a new one', async () => {
      const { client, customer } = await shopper();
      await stripe.customers.del(customer);
      await expectCalls(6, 201, () => client.post('/subscribe/pro'));
    });
  });
});
