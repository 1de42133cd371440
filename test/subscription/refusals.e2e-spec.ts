import type Stripe from 'stripe';
import { buyPro, control, stripeSdk, untilStatus } from '../support/stripe.js';
import { System } from '../support/system.js';

/** What a person is told when Stripe does not do what was asked. */
describe('a request that Stripe refuses', () => {
  let system: System;
  let stripe: Stripe;

  beforeAll(async () => {
    system = await System.start({ workers: 1 });
    stripe = stripeSdk(system.stripe);
  });
  afterAll(() => system.stop());
  afterEach(() => system.stripe.world.faults.clear());

  const payer = async () => {
    const client = await system.signedIn();
    const customer = await buyPro(system, client);
    await untilStatus(client, { tier: 'pro' });
    const [subscription] = (await stripe.subscriptions.list({ customer })).data;
    return { client, id: subscription?.id ?? '' };
  };
  const refuse = (match: string, message: string) =>
    system.stripe.world.faults.add({ match, kind: 'error', status: 400, message });

  it('is cancelled and resumed although a schedule manages it: the schedule is released first', async () => {
    const { client, id } = await payer();
    await control(system.stripe, `/subscriptions/${id}`, { schedule: true });
    await expect(stripe.subscriptions.update(id, { cancel_at_period_end: true })).rejects.toMatchObject({
      statusCode: 400,
    });
    const cancelled = await client.post('/subscription/cancel');
    expect(cancelled).toMatchObject({ status: 200, body: { tier: 'pro', cancelAtPeriodEnd: true } });
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ schedule: null });
    await control(system.stripe, `/subscriptions/${id}`, { schedule: true });
    const resumed = await client.post('/subscription/resume');
    expect(resumed).toMatchObject({ status: 200, body: { cancelAt: null, cancelAtPeriodEnd: false } });
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ cancel_at: null });
  });

  it('is told so with the reason, as 409, because another attempt would be refused too', async () => {
    const { client: pro, id } = await payer();
    const shopper = await system.signedIn();
    const reason = 'You cannot combine currencies on a single customer.';
    for (const [match, ask] of [
      ['POST /v1/customers', () => shopper.post('/subscribe/pro')],
      ['POST /v1/checkout/sessions', () => shopper.post('/subscribe/pro')],
      ['POST /v1/billing_portal/sessions', () => shopper.post('/subscription/portal')],
      [`POST /v1/subscriptions/${id}`, () => pro.post('/subscription/cancel')],
      [`DELETE /v1/subscriptions/${id}`, () => pro.delete('/user/me', { confirm: 'delete my account' })],
    ] as const) {
      refuse(match, reason);
      const { status, body, headers } = await ask();
      expect({ match, status, code: body.code, detail: body.detail }).toEqual({
        match,
        status: 409,
        code: 'subscription.refused',
        detail: reason,
      });
      expect(headers.get('retry-after')).toBeNull();
      system.stripe.world.faults.clear();
      expect((await pro.get('/user/me')).status).toBe(200);
    }
    expect((await shopper.post('/subscribe/pro')).status).toBe(201);
    expect((await pro.post('/subscription/cancel')).status).toBe(200);
  });

  it('is refused with the reason when the price does not exist', async () => {
    const api = await system.startApi({ STRIPE_PRO_PRICE_ID: 'price_of_another_account' });
    const { user } = await system.signedIn();
    const client = system.client(system.apis.indexOf(api)).as(user.accessToken);
    expect(await client.post('/subscribe/pro')).toMatchObject({
      status: 409,
      body: { code: 'subscription.refused', detail: "No such price: 'price_of_another_account'" },
    });
  });

  it.each([401, 403, 409, 429, 500, 503])('is 503 when it may pass: Stripe answers %s', async (status) => {
    const { client } = await payer();
    system.stripe.world.faults.add({ match: 'POST /v1/', kind: 'error', status });
    const answer = await client.post('/subscription/cancel');
    expect(answer).toMatchObject({ status: 503, body: { code: 'stripe.unavailable' } });
    expect(answer.text).not.toContain('as asked for');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
