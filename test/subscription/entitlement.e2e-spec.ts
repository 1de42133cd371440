import type Stripe from 'stripe';
import { eventually } from '../support/eventually.js';
import { buyPro, control, statusOf, stripeSdk, untilEventsAreDone, untilStatus } from '../support/stripe.js';
import { System } from '../support/system.js';

/** A subscription that is active at Stripe and gives no Pro all the same. */
describe('Pro', () => {
  let system: System;
  let stripe: Stripe;

  beforeAll(async () => {
    system = await System.start({ workers: 1, env: { BASIC_TIER_DAILY_PROMPT_LIMIT: '1' } });
    stripe = stripeSdk(system.stripe);
  });
  afterAll(() => system.stop());
  beforeEach(() => {
    system.stripe.world.deliveries.rules.drop = [];
  });

  const payer = async () => {
    const client = await system.signedIn();
    const customer = await buyPro(system, client);
    await untilStatus(client, { tier: 'pro', status: 'active' });
    await untilEventsAreDone(system);
    const [subscription] = (await stripe.subscriptions.list({ customer })).data;
    const [charge] = (await stripe.charges.list({ customer })).data;
    if (!subscription || !charge) throw new Error('nothing was paid');
    return { client, customer, id: subscription.id, item: subscription.items.data[0]?.id ?? '', charge };
  };
  const reversed = (subscription: string) =>
    eventually('the alert', () =>
      system.workers[0]?.output
        .split('\n')
        .some((line) => line.includes('stripe.payment_reversed') && line.includes(subscription)),
    );
  const dispute = (charge: Stripe.Charge, status: string) =>
    control(system.stripe, `/charges/${charge.id}/dispute`, { status });
  const isStillPro = async (client: Parameters<typeof statusOf>[0]) => {
    await untilEventsAreDone(system);
    expect(await statusOf(client)).toMatchObject({ tier: 'pro', status: 'active' });
  };

  it('ends while collection is paused and voids invoices, and only then', async () => {
    const { client, id } = await payer();
    for (const behavior of ['keep_as_draft', 'mark_uncollectible'] as const) {
      await stripe.subscriptions.update(id, { pause_collection: { behavior } });
      await isStillPro(client);
    }
    await stripe.subscriptions.update(id, { pause_collection: { behavior: 'void' } });
    await untilStatus(client, { tier: 'basic', status: 'active' });
    const refused = await client.post('/subscribe/pro');
    expect(refused).toMatchObject({ status: 409, body: { code: 'subscription.already_active' } });
    await stripe.subscriptions.update(id, { pause_collection: '' });
    await untilStatus(client, { tier: 'pro' });
  });

  it('ends with the quantity 0, and limits the very next prompt', async () => {
    const { client, id, item } = await payer();
    const room = (await client.post('/chatroom', {})).body.id;
    const send = () => client.post(`/chatroom/${room}/message`, { content: 'hello' });
    expect((await send()).status).toBe(202);
    expect((await send()).status).toBe(202);
    await stripe.subscriptions.update(id, { items: [{ id: item, quantity: 0 }] });
    await untilStatus(client, { tier: 'basic', status: 'active' });
    expect(await send()).toMatchObject({ status: 429, body: { code: 'quota.exceeded' } });
    await stripe.subscriptions.update(id, { items: [{ id: item, quantity: 1 }] });
    await untilStatus(client, { tier: 'pro' });
    expect((await send()).status).toBe(202);
  });

  it('ends with a full refund, not with a part of it, and comes back with the next payment', async () => {
    const { client, customer, id, charge } = await payer();
    await stripe.refunds.create({ charge: charge.id, amount: 1 });
    await isStillPro(client);
    await stripe.refunds.create({ charge: charge.id });
    await untilStatus(client, { tier: 'basic', status: 'active' });
    await reversed(id);
    // Syncs of requests do not look up payments: they must not bring Pro back.
    await client.post('/subscription/cancel');
    expect(await client.post('/subscription/resume')).toMatchObject({ status: 200, body: { tier: 'basic' } });
    await control(system.stripe, '/clock/advance', { customer, months: 1, days: 1 });
    await untilStatus(client, { tier: 'pro', status: 'active' });
    await isStillPro(client);
  });

  it('comes back when a refund fails', async () => {
    const { client, charge } = await payer();
    const refund = await stripe.refunds.create({ charge: charge.id });
    await untilStatus(client, { tier: 'basic' });
    await control(system.stripe, `/refunds/${refund.id}/fail`);
    await untilStatus(client, { tier: 'pro' });
  });

  it('ends when a dispute is lost, not while it is open, and comes back when it is won', async () => {
    const { client, id, charge } = await payer();
    await dispute(charge, 'under_review');
    await isStillPro(client);
    await dispute(charge, 'lost');
    await untilStatus(client, { tier: 'basic', status: 'active' });
    await reversed(id);
    await dispute(charge, 'won');
    await untilStatus(client, { tier: 'pro' });
  });

  it('does not end with the refund of a former period', async () => {
    const { client, customer, charge } = await payer();
    await control(system.stripe, '/clock/advance', { customer, months: 1, days: 1 });
    await untilEventsAreDone(system);
    await stripe.refunds.create({ charge: charge.id });
    await isStillPro(client);
  });

  it('does not end with the refund of one of two subscriptions, whose surplus an operator gives back', async () => {
    const { client, customer, charge } = await payer();
    const card = { customer, default_payment_method: 'pm_card_visa' };
    await stripe.subscriptions.create({ ...card, items: [{ price: 'price_pro' }] });
    await stripe.refunds.create({ charge: charge.id });
    await isStillPro(client);
  });

  it('ends with a refund whose events are all lost: reconciliation finds it', async () => {
    const { client, customer, charge } = await payer();
    system.stripe.world.deliveries.rules.drop = ['*'];
    await stripe.refunds.create({ charge: charge.id });
    await system.db.query(
      `UPDATE work_item SET run_at = now(), next_poll_at = now()
       WHERE kind = 'customer-reconciliation' AND subject_id = $1`,
      [customer],
    );
    await untilStatus(client, { tier: 'basic' });
  });

  it('is checked within a minute when the sync of a request may have replaced a fuller one', async () => {
    const { client, customer } = await payer();
    system.stripe.world.deliveries.rules.drop = ['*'];
    await client.post('/subscription/cancel');
    const { rows } = await system.db.query(
      `SELECT run_at < now() + interval '70 seconds' AS soon FROM work_item
       WHERE kind = 'customer-reconciliation' AND subject_id = $1`,
      [customer],
    );
    expect(rows).toEqual([{ soon: true }]);
  });

  it('is not touched by a dispute of a charge that Stripe does not know, or of a stranger', async () => {
    const { client } = await payer();
    const event = await control(system.stripe, '/events', {
      type: 'charge.dispute.closed',
      object: { id: 'du_1', object: 'dispute', charge: 'ch_of_a_stranger', status: 'lost' },
    });
    await isStillPro(client);
    const { rows } = await system.db.query('SELECT processed_at FROM stripe_event WHERE id = $1', [event.id]);
    expect(rows).toEqual([{ processed_at: expect.any(Date) }]);
  });
});
