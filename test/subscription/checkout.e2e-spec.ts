import { randomUUID } from 'node:crypto';
import type Stripe from 'stripe';
import { Client } from '../support/client.js';
import { eventually, inTime } from '../support/eventually.js';
import { buyPro, control, customerOf, statusOf, stripeSdk, untilStatus } from '../support/stripe.js';
import { System } from '../support/system.js';
import { TcpProxy } from '../support/tcp-proxy.js';

describe('buying Pro', () => {
  let system: System;
  let stripe: Stripe;

  beforeAll(async () => {
    system = await System.start({ apis: 2, workers: 1, env: { PUBLIC_URL: 'https://api.example.com' } });
    stripe = stripeSdk(system.stripe);
  });
  afterAll(() => system.stop());
  afterEach(() => system.stripe.world.faults.clear());

  const openSessions = async (customer: string) =>
    (await stripe.checkout.sessions.list({ customer, status: 'open', limit: 100 })).data;

  const expectOneOfEach = async (userId: string) => {
    const all = await stripe.customers.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
    const mine = all.filter(({ metadata }) => metadata.userId === userId);
    expect(mine).toHaveLength(1);
    expect(await openSessions(mine[0]?.id ?? '')).toHaveLength(1);
  };

  it('needs a signed-in person', async () => {
    for (const path of [
      '/subscribe/pro',
      '/subscription/cancel',
      '/subscription/resume',
      '/subscription/portal',
    ]) {
      expect((await system.client().post(path)).status).toBe(401);
    }
    expect((await system.client().get('/subscription/status')).status).toBe(401);
  });

  it('tells a person who never paid that they are Basic', async () => {
    const client = await system.signedIn();
    const midnight = new Date(Math.ceil(Date.now() / 86_400_000) * 86_400_000).toISOString();
    const status = await statusOf(client);
    expect(status).toEqual({
      tier: 'basic',
      status: null,
      currentPeriodEnd: null,
      cancelAtPeriodEnd: false,
      cancelAt: null,
      usage: { used: 0, limit: 5, remaining: 5, resetsAt: midnight },
    });
    expect((await client.get('/subscribe/status')).body).toEqual(status);
  });

  it('opens a checkout that names the person, and gives the open one again', async () => {
    const client = await system.signedIn();
    const first = await client.post('/subscribe/pro');
    expect(first.status).toBe(201);
    expect(first.body).toEqual({
      checkoutUrl: `${system.stripe.url}/c/pay/${first.body.sessionId}`,
      sessionId: expect.stringMatching(/^cs_test_/),
      expiresAt: expect.stringMatching(/Z$/),
    });
    const session = await stripe.checkout.sessions.retrieve(first.body.sessionId, { expand: ['line_items'] });
    expect(session).toMatchObject({ mode: 'subscription', metadata: { userId: client.user.id } });
    expect(session.line_items?.data[0]?.price?.id).toBe('price_pro');
    for (const path of ['/subscribe/pro', '/subscription/subscribe/pro', '/subscription/pro']) {
      expect((await client.post(path)).body).toEqual(first.body);
    }
  });

  it('makes one customer and one open checkout of 50 requests at once, at two processes', async () => {
    const { user } = await system.signedIn();
    const before = await stripe.customers.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
    // Slow enough that both processes ask before either is answered.
    for (const match of ['POST /v1/customers', 'POST /v1/checkout/sessions'])
      await control(system.stripe, '/faults', { match, kind: 'slow', delayMs: 600 });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        system
          .client(at % 2)
          .as(user.accessToken)
          .post('/subscribe/pro'),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(201));
    expect(new Set(answers.map(({ body }) => body.sessionId)).size).toBe(1);
    const after = await stripe.customers.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
    expect(after.length - before.length).toBe(1);
    expect(await openSessions(await customerOf(system, user.id))).toHaveLength(1);
  });

  it('opens a new checkout after the old one lapsed, and replaces one for another price', async () => {
    const client = await system.signedIn();
    const first = (await client.post('/subscribe/pro')).body.sessionId;
    await stripe.checkout.sessions.expire(first);
    const second = (await client.post('/subscribe/pro')).body.sessionId;
    expect(second).not.toBe(first);
    const customer = await customerOf(system, client.user.id);
    const stale = system.stripe.world.store.state.sessions[second];
    if (stale) stale.metadata.priceId = 'price_of_last_year';
    const third = (await client.post('/subscribe/pro')).body.sessionId;
    expect((await openSessions(customer)).map(({ id }) => id)).toEqual([third]);
  });

  it('sells nothing beside a live subscription, also when no event of it has arrived', async () => {
    const client = await system.signedIn();
    system.stripe.world.deliveries.rules.drop = ['*'];
    const customer = await buyPro(system, client);
    system.stripe.world.deliveries.rules.drop = [];
    const refused = await client.post('/subscribe/pro');
    expect(refused).toMatchObject({ status: 409, body: { code: 'subscription.already_active' } });
    expect(await openSessions(customer)).toEqual([]);
    expect(await statusOf(client)).toMatchObject({ tier: 'pro', status: 'active' });
  });

  it('sells again after the subscription ended', async () => {
    const client = await system.signedIn();
    const customer = await buyPro(system, client);
    const [subscription] = (await stripe.subscriptions.list({ customer })).data;
    expect(subscription?.metadata).toEqual({ userId: client.user.id });
    await stripe.subscriptions.cancel(subscription?.id ?? '');
    expect((await client.post('/subscribe/pro')).status).toBe(201);
  });

  it('replays the answer to an Idempotency-Key byte for byte', async () => {
    const client = await system.signedIn();
    const headers = { 'Idempotency-Key': 'buy-once' };
    const first = await client.post('/subscribe/pro', undefined, { headers });
    await stripe.checkout.sessions.expire(first.body.sessionId);
    const again = await client.post('/subscription/pro', undefined, { headers });
    expect(again.status).toBe(201);
    expect(again.text).toBe(first.text);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect((await client.post('/subscribe/pro')).body.sessionId).not.toBe(first.body.sessionId);
  });

  it.each(['stripe_sync_number', 'idempotency_store'])(
    'waits once, not twice, for a PostgreSQL that hangs at %s while a key is held',
    async (statement) => {
      const { user } = await system.signedIn();
      const proxy = await TcpProxy.start(system.env.DATABASE_URL ?? '');
      const api = await system.startApi({ DATABASE_URL: proxy.url });
      system.apis.pop();
      try {
        const client = new Client(api.url, user.accessToken);
        const hung = async () => {
          proxy.freezeAt(statement);
          const headers = { 'Idempotency-Key': randomUUID() };
          const answer = await client.post('/subscribe/pro', undefined, { headers });
          proxy.heal();
          return answer;
        };
        const { status, body } = await inTime(3_000, hung);
        expect([status, body.code]).toEqual([503, 'service.unavailable']);
        await eventually('a sale', async () => (await client.post('/subscribe/pro')).status === 201);
        await expectOneOfEach(user.id);
      } finally {
        await api.stop();
        await proxy.stop();
      }
    },
  );

  it('starts anew for a customer who was deleted at Stripe', async () => {
    const client = await system.signedIn();
    const old = await buyPro(system, client);
    await untilStatus(client, { tier: 'pro' });
    await stripe.customers.del(old);
    await untilStatus(client, { tier: 'basic', status: null });
    const { status, body } = await client.post('/subscribe/pro');
    expect(status).toBe(201);
    const renewed = await customerOf(system, client.user.id);
    expect(renewed).not.toBe(old);
    expect((await openSessions(renewed)).map(({ id }) => id)).toEqual([body.sessionId]);
  });

  it('finds out by itself that the customer is gone, when its event never came', async () => {
    const client = await system.signedIn();
    const first = await client.post('/subscribe/pro');
    const old = await customerOf(system, client.user.id);
    system.stripe.world.deliveries.rules.drop = ['*'];
    await stripe.checkout.sessions.expire(first.body.sessionId);
    await stripe.customers.del(old);
    system.stripe.world.deliveries.rules.drop = [];
    expect((await client.post('/subscribe/pro')).status).toBe(201);
    expect(await customerOf(system, client.user.id)).not.toBe(old);
  });

  describe('while Stripe misbehaves', () => {
    it.each([
      ['is down', { kind: 'refuse' }],
      ['answers 500', { kind: 'error', status: 500 }],
      ['answers 429', { kind: 'error', status: 429 }],
      ['hangs', { kind: 'slow', delayMs: 11_000, times: 12 }],
    ])('answers 503 within 10 s when it %s, and a retry makes one of each', async (_, fault) => {
      const client = await system.signedIn();
      await control(system.stripe, '/faults', { match: '/v1/', ...fault });
      const answer = await inTime(10_000, () => client.post('/subscribe/pro'));
      expect(answer).toMatchObject({ status: 503, body: { code: 'stripe.unavailable' } });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await statusOf(client)).toMatchObject({ tier: 'basic' });
      system.stripe.world.faults.clear();
      await eventually(
        'Stripe to be usable again',
        async () => (await client.post('/subscribe/pro')).status === 201,
      );
      await expectOneOfEach(client.user.id);
    });

    it.each(['error_after', 'refuse_after'])(
      'makes one of each when every answer is lost after the work (%s)',
      async (kind) => {
        const client = await system.signedIn();
        await control(system.stripe, '/faults', { match: 'POST /v1/', kind, status: 500, times: 5 });
        let answer = await client.post('/subscribe/pro');
        for (let tries = 0; answer.status !== 201 && tries < 5; tries++)
          answer = await client.post('/subscribe/pro');
        expect(answer.status).toBe(201);
        await expectOneOfEach(client.user.id);
      },
    );

    it('tells the status without waiting for it', async () => {
      const client = await system.signedIn();
      await control(system.stripe, '/faults', { match: '/v1/', kind: 'slow', delayMs: 60_000 });
      const { status } = await inTime(2_000, () => client.get('/subscription/status'));
      expect(status).toBe(200);
    });
  });
});
