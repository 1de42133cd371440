import type Stripe from 'stripe';
import { eventually, holds } from '../support/eventually.js';
import {
  buyPro,
  control,
  FAILS_LATER,
  statusOf,
  stripeSdk,
  untilEventsAreDone,
  untilStatus,
} from '../support/stripe.js';
import { System } from '../support/system.js';

describe('the life of a subscription', () => {
  let system: System;
  let stripe: Stripe;

  beforeAll(async () => {
    system = await System.start({ workers: 1, env: { BASIC_TIER_DAILY_PROMPT_LIMIT: '1' } });
    stripe = stripeSdk(system.stripe);
  });
  afterAll(() => system.stop());

  const newPro = async (card?: string) => {
    const client = await system.signedIn();
    const customer = await buyPro(system, client, card);
    await untilStatus(client, { tier: 'pro', status: 'active' });
    return { client, customer };
  };
  const live = async (customer: string): Promise<Stripe.Subscription> => {
    const [subscription] = (await stripe.subscriptions.list({ customer, status: 'all' })).data;
    if (!subscription) throw new Error('no subscription');
    return subscription;
  };
  const advance = (customer: string, how: object) =>
    control(system.stripe, '/clock/advance', { customer, ...how });
  const iso = (unixSeconds?: number | null) => new Date((unixSeconds ?? 0) * 1000).toISOString();
  /** Moves the stored start of the past-due period so many days into the past. */
  const age = (userId: string, days: number) =>
    system.db.query(
      'UPDATE subscription SET current_period_start = now() - make_interval(days => $2) WHERE user_id = $1',
      [userId, days],
    );

  it('makes a person Pro, and the very next prompt is unlimited', async () => {
    const client = await system.signedIn();
    const room = (await client.post('/chatroom', {})).body.id;
    const send = () => client.post(`/chatroom/${room}/message`, { content: 'hello' });
    expect((await send()).status).toBe(202);
    expect(await send()).toMatchObject({ status: 429, body: { code: 'quota.exceeded' } });
    const customer = await buyPro(system, client);
    await untilStatus(client, { tier: 'pro' });
    expect((await send()).status).toBe(202);
    const status = await statusOf(client);
    expect(status).toMatchObject({
      status: 'active',
      currentPeriodEnd: iso((await live(customer)).items.data[0]?.current_period_end),
      cancelAtPeriodEnd: false,
      cancelAt: null,
      usage: { used: 2, limit: null, remaining: null },
    });
    await stripe.subscriptions.cancel((await live(customer)).id);
    await untilStatus(client, { tier: 'basic', status: null });
    const refused = await send();
    expect(refused.status).toBe(429);
    expect((await statusOf(client)).usage).toMatchObject({ used: 2, limit: 1, remaining: 0 });
  });

  it('ends an unlimited day at 10,000 prompts, so that nobody can have texts stored without end', async () => {
    const client = await system.signedIn({ pro: true });
    const room = (await client.post('/chatroom', {})).body.id;
    const send = () => client.post(`/chatroom/${room}/message`, { content: 'once more' });
    expect((await send()).status).toBe(202);
    await system.db.query('UPDATE quota_usage SET used = 9998 WHERE user_id = $1', [client.user.id]);
    const answers = await Promise.all(Array.from({ length: 6 }, send));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(2);
    for (const { status, body, headers } of answers.filter((answer) => answer.status !== 202)) {
      expect([status, body.code]).toEqual([429, 'quota.exceeded']);
      expect(body.detail).toContain('10000 prompts');
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(headers.get('x-quota-limit')).toBeNull();
    }
    expect((await statusOf(client)).usage).toMatchObject({ used: 10_000, limit: null, remaining: null });
  });

  it('renews', async () => {
    const { client, customer } = await newPro();
    const before = (await statusOf(client)).currentPeriodEnd;
    await advance(customer, { months: 1, days: 1 });
    await eventually('the next period', async () => (await statusOf(client)).currentPeriodEnd > before);
    expect(await statusOf(client)).toMatchObject({ tier: 'pro', status: 'active' });
  });

  it('keeps Pro for the grace after a failed payment, then not, and has it back once paid', async () => {
    const { client, customer } = await newPro(FAILS_LATER);
    await advance(customer, { months: 1 });
    await untilStatus(client, { tier: 'pro', status: 'past_due' });
    await untilEventsAreDone(system);
    await age(client.user.id, 2);
    expect(await statusOf(client)).toMatchObject({ tier: 'pro', status: 'past_due' });
    await age(client.user.id, 3);
    expect(await statusOf(client)).toMatchObject({ tier: 'basic', status: 'past_due', usage: { limit: 1 } });
    expect((await client.post('/subscribe/pro')).body.code).toBe('subscription.already_active');
    const subscription = await live(customer);
    await stripe.subscriptions.update(subscription.id, { default_payment_method: 'pm_card_visa' });
    await stripe.invoices.pay(subscription.latest_invoice as string);
    await untilStatus(client, { tier: 'pro', status: 'active' });
  });

  it('ends after the last failed retry', async () => {
    const { client, customer } = await newPro(FAILS_LATER);
    await advance(customer, { months: 1, days: 16 });
    await untilStatus(client, { tier: 'basic', status: null });
  });

  it('can be cancelled and resumed by the person, each as often as they like', async () => {
    const { client, customer } = await newPro();
    const end = iso((await live(customer)).items.data[0]?.current_period_end);
    const planned = {
      tier: 'pro',
      status: 'active',
      cancelAtPeriodEnd: true,
      cancelAt: end,
      currentPeriodEnd: end,
    };
    expect(await client.post('/subscription/cancel')).toMatchObject({ status: 200, body: planned });
    expect(await client.post('/subscription/cancel')).toMatchObject({ status: 200, body: planned });
    const running = { tier: 'pro', cancelAtPeriodEnd: false, cancelAt: null };
    expect(await client.post('/subscription/resume')).toMatchObject({ status: 200, body: running });
    expect(await client.post('/subscription/resume')).toMatchObject({ status: 200, body: running });
    expect(await live(customer)).toMatchObject({ cancel_at: null, cancel_at_period_end: false });
    await client.post('/subscription/cancel');
    await advance(customer, { months: 1, days: 1 });
    await untilStatus(client, { tier: 'basic', status: null, cancelAt: null });
  });

  it('changes nothing after it has said that Stripe could not be reached', async () => {
    const { client, customer } = await newPro();
    const { id } = await live(customer);
    const path = `POST /v1/subscriptions/${id}`;
    // The first try is lost on the way; the next would get through.
    await control(system.stripe, '/faults', { match: path, kind: 'slow', delayMs: 12_000, times: 1 });
    await control(system.stripe, '/faults', { match: path, kind: 'refuse', times: 1 });
    const begun = Date.now();
    expect(await client.post('/subscription/cancel')).toMatchObject({ status: 503 });
    expect(Date.now() - begun).toBeLessThan(10_000);
    await eventually('the first try to be lost', () => system.stripe.world.journal.seen(path).length > 0);
    await holds(3_000, async () => {
      expect(system.stripe.world.journal.seen(path)).toHaveLength(1);
      expect(await live(customer)).toMatchObject({ cancel_at: null, cancel_at_period_end: false });
    });
  }, 60_000);

  it.each(['flexible', 'classic'])(
    'shows and takes back an end planned at Stripe (%s)',
    async (cancelAtPeriodEnd) => {
      const { client, customer } = await newPro();
      const { id, items } = await live(customer);
      const end = iso(items.data[0]?.current_period_end);
      await control(system.stripe, `/subscriptions/${id}`, { cancelAtPeriodEnd });
      await untilStatus(client, { tier: 'pro', cancelAtPeriodEnd: true, cancelAt: end });
      expect(await client.post('/subscription/resume')).toMatchObject({
        status: 200,
        body: { cancelAt: null },
      });
      expect(await live(customer)).toMatchObject({ cancel_at: null, cancel_at_period_end: false });
    },
  );

  it('shows an end planned for another day than that of the period, and moves it there when asked to cancel', async () => {
    const { client, customer } = await newPro();
    const at = Math.floor(Date.now() / 1000) + 90 * 86_400;
    await stripe.subscriptions.update((await live(customer)).id, { cancel_at: at });
    await untilStatus(client, { tier: 'pro', cancelAtPeriodEnd: false, cancelAt: iso(at) });
    const end = iso((await live(customer)).items.data[0]?.current_period_end);
    expect(await client.post('/subscription/cancel')).toMatchObject({
      body: { tier: 'pro', cancelAtPeriodEnd: true, cancelAt: end },
    });
    expect(await client.post('/subscription/resume')).toMatchObject({ body: { cancelAt: null } });
  });

  it.each(['paused', 'unpaid', 'incomplete'])(
    'is not Pro while %s, and is again afterwards',
    async (status) => {
      const { client, customer } = await newPro();
      const { id } = await live(customer);
      await control(system.stripe, `/subscriptions/${id}`, { status });
      await untilStatus(client, { tier: 'basic', status });
      await control(system.stripe, `/subscriptions/${id}`, { status: 'active' });
      await untilStatus(client, { tier: 'pro', status: 'active' });
    },
  );

  it('counts a trial, and counts nothing bought of another product', async () => {
    const trial = await newPro();
    await stripe.subscriptions.cancel((await live(trial.customer)).id);
    await untilStatus(trial.client, { tier: 'basic' });
    const product = await stripe.products.create({ name: 'Mug' });
    const mug = await stripe.prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount: 1,
      recurring: { interval: 'month' },
    });
    const card = { customer: trial.customer, default_payment_method: 'pm_card_visa' };
    await stripe.subscriptions.create({ ...card, items: [{ price: mug.id }] });
    await stripe.subscriptions.create({ ...card, items: [{ price: 'price_pro' }], trial_period_days: 7 });
    await untilStatus(trial.client, { tier: 'pro', status: 'trialing' });
    const [best] = (await stripe.subscriptions.list({ customer: trial.customer, price: 'price_pro' })).data;
    await stripe.subscriptions.cancel(best?.id ?? '');
    await untilStatus(trial.client, { tier: 'basic', status: null });
  });

  it('loses nothing when one of two subscriptions ends, and alerts an operator', async () => {
    const { client, customer } = await newPro();
    const first = await live(customer);
    const second = await stripe.subscriptions.create({
      customer,
      items: [{ price: 'price_pro' }],
      default_payment_method: 'pm_card_visa',
    });
    await eventually('the alert', () => system.workers[0]?.output.includes('stripe.duplicate_subscription'));
    await stripe.subscriptions.cancel(first.id);
    await eventually('the other one', async () => {
      const { rows } = await system.db.query(
        'SELECT stripe_subscription_id AS id FROM subscription WHERE user_id = $1',
        [client.user.id],
      );
      return rows[0]?.id === second.id;
    });
    expect(await statusOf(client)).toMatchObject({ tier: 'pro', status: 'active' });
  });

  it('cancels both of two subscriptions', async () => {
    const { client, customer } = await newPro();
    await stripe.subscriptions.create({
      customer,
      items: [{ price: 'price_pro' }],
      default_payment_method: 'pm_card_visa',
    });
    expect((await client.post('/subscription/cancel')).status).toBe(200);
    const all = (await stripe.subscriptions.list({ customer })).data;
    expect(all.map(({ cancel_at_period_end }) => cancel_at_period_end)).toEqual([true, true]);
  });

  it('has nothing to cancel or resume without a subscription', async () => {
    const client = await system.signedIn();
    for (const path of ['/subscription/cancel', '/subscription/resume']) {
      expect(await client.post(path)).toMatchObject({
        status: 409,
        body: { code: 'subscription.not_active' },
      });
    }
  });

  it('opens the portal, before and after a payment', async () => {
    const client = await system.signedIn();
    const { status, body } = await client.post('/subscription/portal');
    expect({ status, body }).toEqual({ status: 201, body: { url: expect.stringContaining('/p/session/') } });
    expect((await fetch(body.url)).status).toBe(200);
  });
});
