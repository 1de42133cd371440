import type Stripe from 'stripe';
import { eventually } from '../support/eventually.js';
import { EVENTS, buyPro, stripeSdk, untilStatus } from '../support/stripe.js';
import { System } from '../support/system.js';

/** Stripe answers 400 about one customer, while others can be synced. */
describe('a customer whom Stripe refuses', () => {
  let system: System;
  let stripe: Stripe;

  beforeAll(async () => {
    system = await System.start({ workers: 0 });
    stripe = stripeSdk(system.stripe);
    system.stripe.world.deliveries.rules.drop = ['*'];
  });
  afterAll(() => system.stop());
  afterEach(async () => {
    system.stripe.world.faults.clear();
    for (const worker of system.workers.splice(0)) await worker.stop();
  });

  const payer = async () => {
    const client = await system.signedIn();
    return { client, customer: await buyPro(system, client) };
  };
  const refuse = (customer: string) =>
    system.stripe.world.faults.add({
      match: 'GET /v1/subscriptions',
      about: customer,
      kind: 'error',
      status: 400,
    });
  const dueSince = (customer: string, seconds: number) =>
    system.db.query(
      `UPDATE work_item SET run_at = now() - make_interval(secs => $2), next_poll_at = now() - make_interval(secs => $2)
       WHERE subject_id = $1`,
      [customer, seconds],
    );

  it('is reconciled before others without delaying them', async () => {
    const [refused, other] = [await payer(), await payer()];
    refuse(refused.customer);
    await dueSince(refused.customer, 60);
    await dueSince(other.customer, 1);
    const worker = await system.startWorker();
    await untilStatus(other.client, { tier: 'pro', status: 'active' });
    await eventually('the log of the refused one', () =>
      worker.output.includes('a customer cannot be compared with Stripe'),
    );
  });

  it('has an event that is retried with growing pauses, while other events are processed, until it succeeds', async () => {
    const [refused, other] = [await payer(), await payer()];
    refuse(refused.customer);
    const paid = (await stripe.events.list({ type: 'invoice.paid', limit: 100 })).data;
    const eventOf = (customer: string) =>
      paid.find(({ data }) => (data.object as Stripe.Invoice).customer === customer)?.id ?? '';
    const events = system.stripe.world.store.state.events;
    const deliver = (id: string) => system.stripe.world.deliveries.deliver(events[id] as never);
    await system.startWorker();
    await deliver(eventOf(refused.customer));
    const row = async () =>
      (await system.db.query(`${EVENTS} WHERE e.id = $1`, [eventOf(refused.customer)])).rows[0];
    await eventually('a third try to fail', async () => {
      const { attempts, wait, last_error } = await row();
      return attempts === 3 && last_error !== null && wait > 5 && wait <= 8;
    });
    await deliver(eventOf(other.customer));
    await untilStatus(other.client, { tier: 'pro', status: 'active' });
    expect(await row()).toMatchObject({ attempts: 3, processed_at: null });
    system.stripe.world.faults.clear();
    await untilStatus(refused.client, { tier: 'pro', status: 'active' }, 30_000);
    expect(await row()).toMatchObject({ attempts: 4, last_error: null });
  }, 60_000);
});
