import Stripe from 'stripe';
import { addMonths } from './calendar.js';
import { control, openCheckout, proPrice, startSandbox, subscribe } from './spec-client.js';
import type { StripeSandbox } from './sandbox.js';

const failsLater = '4000 0000 0000 0341';

describe('the life of a subscription', () => {
  let sandbox: StripeSandbox;
  let stripe: Stripe;
  let customer: string;

  beforeAll(async () => {
    ({ sandbox, stripe } = await startSandbox());
  });
  afterAll(() => sandbox.close());
  beforeEach(async () => {
    customer = (await stripe.customers.create({ email: 'life@example.com' })).id;
  });

  const read = (id: string) => stripe.subscriptions.retrieve(id);
  const advance = (how: object) => control(sandbox, '/clock/advance', { customer, ...how });
  const typesOf = async (subscription: string) => {
    const events = await stripe.events.list({ limit: 100 });
    return events.data
      .filter((event) => JSON.stringify(event.data.object).includes(subscription))
      .map(({ type }) => type)
      .reverse();
  };

  it('begins when the checkout is paid, with periods on the item and the invoice naming it', async () => {
    const subscription = await subscribe(sandbox, stripe, customer);
    const [item] = subscription.items.data;
    expect(subscription).toMatchObject({ status: 'active', metadata: { userId: 'u1' }, cancel_at: null });
    expect(item?.current_period_end).toBe(addMonths(item?.current_period_start ?? 0, 1));
    expect(subscription).not.toHaveProperty('current_period_end');
    const invoices = await stripe.invoices.list({ customer });
    expect(invoices.data[0]).toMatchObject({
      status: 'paid',
      parent: { subscription_details: { subscription: subscription.id } },
    });
    expect(await typesOf(subscription.id)).toEqual([
      'customer.subscription.created',
      'invoice.created',
      'invoice.finalized',
      'invoice.paid',
      'invoice.payment_succeeded',
      'customer.subscription.updated',
      'checkout.session.completed',
    ]);
  });

  it('stays unpaid and open when the card is declined', async () => {
    const session = await openCheckout(stripe, customer);
    const answer = await control(sandbox, `/checkout/${session.id}/pay`, { card: '4000000000000002' });
    expect(answer.error).toMatchObject({ code: 'card_declined' });
    expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({ status: 'open' });
    expect((await stripe.subscriptions.list({ customer, status: 'all' })).data).toEqual([]);
  });

  it('renews after a month', async () => {
    const { id } = await subscribe(sandbox, stripe, customer);
    const before = (await read(id)).items.data[0];
    await advance({ months: 1, days: 1 });
    const after = await read(id);
    expect(after.status).toBe('active');
    expect(after.items.data[0]?.current_period_start).toBe(before?.current_period_end);
    expect((await stripe.invoices.list({ customer })).data.map(({ status }) => status)).toEqual([
      'paid',
      'paid',
    ]);
  });

  it('falls past due when the card fails at renewal, and ends after the retries', async () => {
    const { id } = await subscribe(sandbox, stripe, customer, failsLater);
    await advance({ months: 1 });
    expect(await read(id)).toMatchObject({ status: 'past_due' });
    await advance({ days: 16 });
    expect(await read(id)).toMatchObject({
      status: 'canceled',
      cancellation_details: { reason: 'payment_failed' },
    });
    const types = await typesOf(id);
    expect(types.filter((type) => type === 'invoice.payment_failed')).toHaveLength(4);
    expect(types.at(-1)).toBe('customer.subscription.deleted');
  });

  it('recovers when the open invoice is paid by a better card', async () => {
    const { id } = await subscribe(sandbox, stripe, customer, failsLater);
    await advance({ months: 1 });
    await stripe.subscriptions.update(id, { default_payment_method: 'pm_card_visa' });
    const [open] = (await stripe.invoices.list({ customer, status: 'open' })).data;
    expect(await stripe.invoices.pay(open?.id ?? '')).toMatchObject({ status: 'paid' });
    expect(await read(id)).toMatchObject({ status: 'active' });
  });

  it('ends at the period end when that was asked for, in either way, and can be taken back', async () => {
    const { id } = await subscribe(sandbox, stripe, customer);
    const end = (await read(id)).items.data[0]?.current_period_end ?? 0;
    const both = { cancel_at: end, cancel_at_period_end: true };
    await expect(stripe.subscriptions.update(id, both)).rejects.toMatchObject({ statusCode: 400 });
    expect(await stripe.subscriptions.update(id, { cancel_at_period_end: true })).toMatchObject(both);
    await stripe.subscriptions.update(id, { cancel_at_period_end: false });
    const flexible = await control(sandbox, `/subscriptions/${id}`, { cancelAtPeriodEnd: 'flexible' });
    expect(flexible).toMatchObject({ cancel_at: end, cancel_at_period_end: false });
    expect(await stripe.subscriptions.update(id, { cancel_at_period_end: false })).toMatchObject({
      cancel_at: end,
    });
    expect(await stripe.subscriptions.update(id, { cancel_at: '' })).toMatchObject({ cancel_at: null });
    await stripe.subscriptions.update(id, { cancel_at: 'min_period_end' });
    await advance({ to: end });
    expect(await read(id)).toMatchObject({ status: 'canceled', ended_at: end });
  });

  it('ends at once when cancelled, and with its customer', async () => {
    const first = await subscribe(sandbox, stripe, customer);
    expect(await stripe.subscriptions.cancel(first.id)).toMatchObject({ status: 'canceled' });
    await expect(stripe.subscriptions.cancel(first.id)).rejects.toMatchObject({ code: 'resource_missing' });
    const second = await subscribe(sandbox, stripe, customer);
    await stripe.customers.del(customer);
    expect(await read(second.id)).toMatchObject({ status: 'canceled' });
    expect(await stripe.customers.retrieve(customer)).toEqual(
      expect.objectContaining({ id: customer, deleted: true }),
    );
    await expect(openCheckout(stripe, customer)).rejects.toMatchObject({
      code: 'resource_missing',
      param: 'customer',
    });
  });

  it('lists ended subscriptions only when asked for all', async () => {
    const ended = await subscribe(sandbox, stripe, customer);
    await stripe.subscriptions.cancel(ended.id);
    const trial = await stripe.subscriptions.create({
      customer,
      items: [{ price: proPrice }],
      trial_period_days: 7,
    });
    expect(trial.status).toBe('trialing');
    expect((await stripe.subscriptions.list({ customer })).data.map(({ id }) => id)).toEqual([trial.id]);
    expect((await stripe.subscriptions.list({ customer, status: 'all' })).data).toHaveLength(2);
  });

  it('lapses a checkout session that nobody pays', async () => {
    const session = await openCheckout(stripe, customer);
    await advance({ days: 2 });
    expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({ status: 'expired' });
  });
});
