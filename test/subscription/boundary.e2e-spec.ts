import type Stripe from 'stripe';
import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { EVENTS, buyPro, control, customerOf, statusOf, stripeSdk, untilStatus } from '../support/stripe.js';
import { System } from '../support/system.js';

/** The lease of a worker that died ends after 9 s. */
const RECOVERED = 60_000;

/** Every place where a process can die between what Stripe knows and what is stored here. */
describe('a process that dies at a boundary between Stripe and the database', () => {
  let system: System;
  let stripe: Stripe;

  beforeAll(async () => {
    system = await System.start({ workers: 0, env: { PUBLIC_URL: 'https://api.example.com' } });
    stripe = stripeSdk(system.stripe);
  });
  afterAll(() => system.stop());
  beforeEach(() => {
    system.stripe.world.deliveries.rules.drop = ['*'];
    system.stripe.world.journal.clear();
  });
  afterEach(async () => {
    for (const worker of system.workers.splice(0)) await worker.stop();
  });

  /** An API that dies at this place, and a client of it for the same account; the first API stays for the retry. */
  const dyingApi = async (place: string, client: Client) => {
    const api = await system.startApi({ FAILPOINTS: `${place}=kill@1` });
    system.apis.pop();
    return { api, client: new Client(api.url, client.accessToken) };
  };
  const createdFor = async (userId: string) => {
    const all = await stripe.customers.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
    const customers = all.filter(({ metadata }) => metadata.userId === userId).map(({ id }) => id);
    const sessions = await stripe.checkout.sessions.list({ customer: customers[0] ?? 'none', limit: 100 });
    return { customers, sessions: sessions.data.map(({ id }) => id) };
  };
  const rowOf = async (event: string) =>
    (await system.db.query(`SELECT attempts, processed_at FROM (${EVENTS}) events WHERE id = $1`, [event]))
      .rows[0];
  const asked = (customer: string) =>
    system.stripe.world.journal
      .seen('GET /v1/subscriptions')
      .filter(({ params }) => (params as { customer?: string }).customer === customer).length;
  /** An account that has paid, and the id of its `invoice.paid` event, which was not delivered. */
  const paidWithoutEvent = async () => {
    const client = await system.signedIn();
    const customer = await buyPro(system, client);
    const paid = (await stripe.events.list({ type: 'invoice.paid', limit: 100 })).data;
    const event = paid.find(({ data }) => (data.object as Stripe.Invoice).customer === customer)?.id ?? '';
    system.stripe.world.journal.clear();
    return { client, customer, event };
  };
  const deliver = (event: string) => control(system.stripe, `/events/${event}/deliver`);

  it.each(['customer.created', 'checkout.created'])(
    'makes no second customer and no second checkout after a death at %s',
    async (place) => {
      const client = await system.signedIn();
      const dying = await dyingApi(place, client);
      await expect(dying.client.post('/subscribe/pro')).rejects.toThrow();
      expect(await dying.api.exited).toBe('SIGKILL');
      const left = await createdFor(client.user.id);
      expect(left).toMatchObject({ customers: [expect.any(String)] });
      expect(left.sessions).toHaveLength(place === 'checkout.created' ? 1 : 0);
      const again = await client.post('/subscribe/pro');
      expect(again.status).toBe(201);
      const made = await createdFor(client.user.id);
      expect(made).toEqual({ customers: left.customers, sessions: [again.body.sessionId] });
      expect(await customerOf(system, client.user.id)).toBe(made.customers[0]);
      if (left.sessions.length > 0) expect(made.sessions).toEqual(left.sessions);
    },
    60_000,
  );

  it('processes an event once whose API died between storing and queueing it', async () => {
    const { client, customer, event } = await paidWithoutEvent();
    const { api } = await dyingApi('event.stored', client);
    const { endpoint } = system.stripe.world.deliveries;
    const usual = endpoint.url;
    endpoint.url = `${api.url}/webhook/stripe`;
    const unanswered = await deliver(event);
    endpoint.url = usual;
    expect(unanswered.status).toBeUndefined();
    expect(await api.exited).toBe('SIGKILL');
    expect(await rowOf(event)).toEqual({ attempts: 0, processed_at: null });
    // Stripe delivers again what was not answered.
    expect((await deliver(event)).status).toBe(200);
    await system.startWorker();
    await untilStatus(client, { tier: 'pro', status: 'active' }, RECOVERED);
    await eventually('the event to be done', async () => (await rowOf(event)).processed_at !== null);
    expect(await rowOf(event)).toMatchObject({ attempts: 1 });
    expect(asked(customer)).toBe(1);
  }, 180_000);

  it('processes events whose worker died before, during and after the sync', async () => {
    const deaths = [];
    for (const [place, known] of [
      ['event.claimed', 'basic'],
      ['sync.fetched', 'basic'],
      ['sync.applied', 'pro'],
    ] as const) {
      const one = await paidWithoutEvent();
      const worker = await system.startWorker({ FAILPOINTS: `${place}=kill@1` });
      await deliver(one.event);
      expect(await worker.exited).toBe('SIGKILL');
      expect(await rowOf(one.event)).toEqual({ attempts: 1, processed_at: null });
      expect(await statusOf(one.client)).toMatchObject({ tier: known });
      deaths.push(one);
    }
    await system.startWorker();
    for (const { client, event } of deaths) {
      await eventually('the event to be done', async () => (await rowOf(event)).processed_at, RECOVERED);
      expect(await rowOf(event)).toMatchObject({ attempts: 2 });
      expect(await statusOf(client)).toMatchObject({ tier: 'pro', status: 'active' });
    }
  }, 180_000);

  it('deletes an account on the next try, when the first died between Stripe and the database', async () => {
    const { client, customer, event } = await paidWithoutEvent();
    const confirm = { confirm: 'delete my account' };
    const dying = await dyingApi('account.closed', client);
    await expect(dying.client.delete('/user/me', confirm)).rejects.toThrow();
    expect(await dying.api.exited).toBe('SIGKILL');
    const { data } = await stripe.subscriptions.list({ customer, status: 'all' });
    expect(data.map(({ status }) => status)).toEqual(['canceled']);
    expect((await client.get('/user/me')).status).toBe(200);
    await system.startWorker();
    await deliver(event);
    await untilStatus(client, { tier: 'basic', status: null });
    expect((await client.delete('/user/me', confirm)).status).toBe(204);
    expect(await customerOf(system, client.user.id)).toBeUndefined();
  }, 120_000);
});
