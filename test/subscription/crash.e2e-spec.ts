import type Stripe from 'stripe';
import { eventually, holds } from '../support/eventually.js';
import { EVENTS, buyPro, control, customerOf, statusOf, stripeSdk, untilStatus } from '../support/stripe.js';
import { System } from '../support/system.js';

/** The lease of a worker that died ends after 9 s; its events are processed soon after that. */
const RECOVERED = 60_000;

describe('events of Stripe and crashes', () => {
  let system: System;
  let stripe: Stripe;

  beforeAll(async () => {
    system = await System.start({ workers: 0 });
    stripe = stripeSdk(system.stripe);
  });
  afterAll(() => system.stop());
  afterEach(async () => {
    system.stripe.world.faults.clear();
    system.stripe.world.deliveries.rules.drop = [];
    for (const worker of system.workers.splice(0)) await worker.stop();
  });

  const storedEvents = async () => (await system.db.query(`${EVENTS} WHERE e.customer_id IS NOT NULL`)).rows;
  const pending = async () =>
    (await storedEvents()).filter(({ processed_at }) => processed_at === null).length;

  it('processes stored events although the API was killed and the queue was lost before a worker took a job', async () => {
    const client = await system.signedIn();
    await buyPro(system, client);
    await eventually('the events to be stored', async () => (await pending()) >= 4);
    await system.apis[0]?.signal('SIGKILL');
    await system.redis.flushdb();
    system.apis.splice(0);
    await system.startWorker();
    await eventually('the events to be done', async () => (await pending()) === 0, RECOVERED);
    const api = await system.startApi();
    system.stripe.world.deliveries.endpoint.url = `${api.url}/webhook/stripe`;
    expect(await statusOf(system.client().as(client.user.accessToken))).toMatchObject({
      tier: 'pro',
      status: 'active',
    });
  }, 120_000);

  it('processes an event again, once, whose worker was killed during the sync', async () => {
    const client = await system.signedIn();
    const customer = await buyOf(client);
    const worker = await system.startWorker();
    await control(system.stripe, '/faults', { match: 'GET /v1/subscriptions', kind: 'late', delayMs: 5_000 });
    const event = await deliverOne('invoice.paid', customer);
    await eventually('the sync to be under way', () => claimed(event));
    await worker.signal('SIGKILL');
    system.stripe.world.faults.clear();
    system.workers.splice(0);
    await system.startWorker();
    await untilStatus(client, { tier: 'pro', status: 'active' }, RECOVERED);
    await holds(1_000, async () => {
      const [row] = (await storedEvents()).filter(({ id }) => id === event);
      expect(row).toMatchObject({ attempts: 2 });
      expect(row.processed_at).not.toBeNull();
    });
  }, 120_000);

  it('changes nothing when a frozen worker wakes after its event was done by another', async () => {
    const client = await system.signedIn();
    const customer = await buyOf(client);
    const frozen = await system.startWorker();
    await control(system.stripe, '/faults', {
      match: 'GET /v1/subscriptions',
      kind: 'late',
      delayMs: 2_000,
      times: 1,
    });
    const event = await deliverOne('invoice.paid', customer);
    await eventually('the sync to be under way', () => claimed(event));
    await frozen.signal('SIGSTOP');
    const [subscription] = (await stripe.subscriptions.list({ customer })).data;
    await system.startWorker();
    system.stripe.world.deliveries.rules.drop = [];
    await stripe.subscriptions.cancel(subscription?.id ?? '');
    await eventually(
      'the end to be known',
      async () => (await pendingOf('customer.subscription.deleted')) === 0,
    );
    await untilStatus(client, { tier: 'basic', status: null });
    await frozen.signal('SIGCONT');
    await eventually('the woken event to be done', async () => (await pending()) === 0, RECOVERED);
    await holds(2_000, async () => {
      expect(await statusOf(client)).toMatchObject({ tier: 'basic', status: null });
    });
  }, 120_000);

  it('processes the events of an outage of Stripe once it is over', async () => {
    const client = await system.signedIn();
    await system.startWorker();
    const { sessionId } = (await client.post('/subscribe/pro')).body;
    await control(system.stripe, '/faults', { match: 'GET /v1/', kind: 'error', status: 500 });
    await control(system.stripe, `/checkout/${sessionId}/pay`);
    await eventually('a try to fail', async () =>
      (await storedEvents()).some(({ processed_at, attempts }) => !processed_at && attempts > 0),
    );
    expect(await statusOf(client)).toMatchObject({ tier: 'basic' });
    system.stripe.world.faults.clear();
    await untilStatus(client, { tier: 'pro' }, RECOVERED);
  }, 120_000);

  it('finds by reconciliation a payment and an end whose events are all lost', async () => {
    const client = await system.signedIn();
    system.stripe.world.deliveries.rules.drop = ['*'];
    const customer = await buyPro(system, client);
    const worker = await system.startWorker();
    await reconcileNow(customer);
    await untilStatus(client, { tier: 'pro', status: 'active' });
    const [subscription] = (await stripe.subscriptions.list({ customer })).data;
    await stripe.subscriptions.cancel(subscription?.id ?? '');
    await reconcileNow(customer);
    await untilStatus(client, { tier: 'basic', status: null });
    expect(worker.output).not.toContain('a run failed');
  }, 60_000);

  it('alerts an operator when a deleted account pays', async () => {
    const client = await system.signedIn();
    const customer = await buyOf(client);
    await system.db.query('DELETE FROM app_user WHERE id = $1', [client.user.id]);
    const worker = await system.startWorker();
    await deliverOne('invoice.paid', customer);
    await eventually('the alert', () => worker.output.includes('stripe.orphan_subscription'));
    // The alert is written before the transaction of the sync is committed.
    await eventually('the release', async () => (await customerOf(system, client.user.id)) === undefined);
  }, 60_000);

  /** A payment none of whose events arrives. */
  async function buyOf(client: Awaited<ReturnType<System['signedIn']>>): Promise<string> {
    system.stripe.world.deliveries.rules.drop = ['*'];
    const customer = await buyPro(system, client);
    system.stripe.world.journal.clear();
    return customer;
  }

  async function deliverOne(type: string, customer: string): Promise<string> {
    const events = await stripe.events.list({ type, limit: 100 });
    const event = events.data.find(
      ({ data }) => (data.object as { customer?: unknown }).customer === customer,
    );
    const { status } = await control(system.stripe, `/events/${event?.id}/deliver`);
    expect(status).toBe(200);
    return event?.id ?? '';
  }

  async function claimed(event: string): Promise<boolean> {
    const [row] = (await storedEvents()).filter(({ id }) => id === event);
    return row?.attempts === 1;
  }

  async function pendingOf(type: string): Promise<number> {
    const { rows } = await system.db.query(
      'SELECT count(*)::int AS left FROM stripe_event WHERE type = $1 AND processed_at IS NULL',
      [type],
    );
    return rows[0].left;
  }

  async function reconcileNow(customer: string): Promise<void> {
    await system.db.query('UPDATE work_item SET run_at = now(), next_poll_at = now() WHERE subject_id = $1', [
      customer,
    ]);
  }
});
