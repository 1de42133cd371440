import type Stripe from 'stripe';
import { buyPro, control, customerOf, holdOneAnswer, stripeSdk } from '../support/stripe.js';
import { System } from '../support/system.js';

/** What `POST /subscribe/pro` leads to at Stripe, with stored failures and with concurrent changes. */
describe('one decision to buy', () => {
  let system: System;
  let stripe: Stripe;

  beforeAll(async () => {
    system = await System.start({ apis: 2, workers: 0, env: { PUBLIC_URL: 'https://api.example.com' } });
    stripe = stripeSdk(system.stripe);
  });
  afterAll(() => system.stop());
  beforeEach(() => {
    system.stripe.world.deliveries.rules.drop = ['*'];
  });
  afterEach(() => system.stripe.world.faults.clear());

  const openSessions = async (customer: string) =>
    (await stripe.checkout.sessions.list({ customer, status: 'open', limit: 100 })).data.map(({ id }) => id);
  const subscribe = (customer: string) =>
    stripe.subscriptions.create({
      customer,
      items: [{ price: 'price_pro' }],
      default_payment_method: 'pm_card_visa',
    });
  const stored = (id: string) => {
    const session = system.stripe.world.store.state.sessions[id];
    if (!session) throw new Error(`no session ${id}`);
    return session;
  };
  /** A person with an open checkout. */
  const shopper = async () => {
    const client = await system.signedIn();
    const { sessionId } = (await client.post('/subscribe/pro')).body;
    return { client, sessionId, customer: await customerOf(system, client.user.id) };
  };

  it.each(['POST /v1/customers', 'POST /v1/checkout/sessions'])(
    'is not stuck for a day when Stripe failed and remembers it (%s)',
    async (match) => {
      const client = await system.signedIn();
      // The second try meets the remembered failure first, and then fails anew.
      for (const times of [1, 2]) {
        system.stripe.world.faults.add({ match, kind: 'fail', status: 500, times });
        expect((await client.post('/subscribe/pro')).status).toBe(503);
      }
      const answers = await Promise.all(
        [0, 1, 0, 1].map((api) => system.client(api).as(client.user.accessToken).post('/subscribe/pro')),
      );
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
      const sessions = await openSessions(await customerOf(system, client.user.id));
      expect([...new Set(answers.map(({ body }) => body.sessionId))]).toEqual(sessions);
    },
    60_000,
  );

  it('never hands out a checkout that is over because Stripe remembers it as new', async () => {
    const client = await system.signedIn();
    await client.post('/subscription/portal');
    const customer = await customerOf(system, client.user.id);
    const held = holdOneAnswer(system.stripe, 'GET /v1/checkout/sessions', customer);
    const late = system.client(1).as(client.user.accessToken).post('/subscribe/pro');
    await held.asked;
    const first = (await client.post('/subscribe/pro')).body.sessionId;
    await stripe.checkout.sessions.expire(first);
    held.release();
    const { status, body } = await late;
    expect(status).toBe(201);
    expect(await openSessions(customer)).toEqual([body.sessionId]);
    expect((await client.post('/subscribe/pro')).body.sessionId).toBe(body.sessionId);
  });

  it('replaces an open checkout that would return to an address of the past', async () => {
    const { client, customer, sessionId } = await shopper();
    const api = await system.startApi({ PUBLIC_URL: 'https://chat.example.com' });
    const moved = await system
      .client(system.apis.indexOf(api))
      .as(client.user.accessToken)
      .post('/subscribe/pro');
    expect(moved.body.sessionId).not.toBe(sessionId);
    expect(await openSessions(customer)).toEqual([moved.body.sessionId]);
    expect(stored(moved.body.sessionId)).toMatchObject({
      success_url: 'https://chat.example.com/checkout/success?session_id={CHECKOUT_SESSION_ID}',
      cancel_url: 'https://chat.example.com/checkout/cancel',
    });
  });

  it.each(['GET /v1/checkout/sessions', 'GET /v1/subscriptions'])(
    'is charged once when an old checkout is paid while it is being replaced (%s)',
    async (asked) => {
      const { client, customer, sessionId } = await shopper();
      stored(sessionId).metadata.priceId = 'price_of_last_year';
      const held = holdOneAnswer(system.stripe, asked, customer);
      const answer = client.post('/subscribe/pro');
      await held.asked;
      await control(system.stripe, `/checkout/${sessionId}/pay`);
      held.release();
      await answer;
      const live = (await stripe.subscriptions.list({ customer })).data;
      expect(live.length + (await openSessions(customer)).length).toBe(1);
    },
  );

  it.each(['trialing', 'past_due', 'unpaid', 'paused', 'incomplete'] as const)(
    'is refused beside a subscription that is %s',
    async (status) => {
      const client = await system.signedIn();
      const customer = await buyPro(system, client);
      const [subscription] = (await stripe.subscriptions.list({ customer })).data;
      await control(system.stripe, `/subscriptions/${subscription?.id}`, { status });
      const refused = await client.post('/subscribe/pro');
      expect(refused).toMatchObject({ status: 409, body: { code: 'subscription.already_active' } });
      expect(await openSessions(customer)).toEqual([]);
    },
  );

  it('closes the open checkout of a person who has come to Pro another way', async () => {
    const { client, customer } = await shopper();
    await subscribe(customer);
    expect((await client.post('/subscribe/pro')).status).toBe(409);
    expect(await openSessions(customer)).toEqual([]);
  });

  it('leaves nothing to pay under a customer who was deleted at Stripe, and needs no event to know', async () => {
    const { client, customer, sessionId } = await shopper();
    await stripe.customers.del(customer);
    const { status, body } = await client.post('/subscribe/pro');
    expect(status).toBe(201);
    expect(body.sessionId).not.toBe(sessionId);
    const renewed = await customerOf(system, client.user.id);
    expect(renewed).not.toBe(customer);
    expect(stored(body.sessionId).customer).toBe(renewed);
    expect(stored(sessionId).status).toBe('expired');
  });

  it('opens the portal of a new customer when the former was deleted at Stripe', async () => {
    const client = await system.signedIn();
    const customer = await buyPro(system, client);
    await stripe.customers.del(customer);
    expect((await client.post('/subscription/portal')).status).toBe(201);
    expect(await customerOf(system, client.user.id)).not.toBe(customer);
    expect((await client.get('/subscription/status')).body).toMatchObject({ tier: 'basic', status: null });
  });
});
