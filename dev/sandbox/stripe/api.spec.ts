import Stripe from 'stripe';
import { clientOf, control, openCheckout, proPrice, startSandbox } from './spec-client.js';
import type { StripeSandbox } from './sandbox.js';

describe("the API, through Stripe's own SDK", () => {
  let sandbox: StripeSandbox;
  let stripe: Stripe;

  beforeAll(async () => {
    ({ sandbox, stripe } = await startSandbox());
  });
  afterAll(() => sandbox.close());
  afterEach(() => {
    sandbox.world.faults.clear();
    sandbox.world.journal.clear();
  });

  it('makes and changes a customer, keeping metadata that is not mentioned', async () => {
    const made = await stripe.customers.create({ email: 'a@example.com', metadata: { a: '1', b: '2' } });
    const changed = await stripe.customers.update(made.id, { name: 'Ada', metadata: { b: '', c: '3' } });
    expect(changed).toMatchObject({ email: 'a@example.com', name: 'Ada', metadata: { a: '1', c: '3' } });
    expect(changed.lastResponse.requestId).toMatch(/^req_/);
    expect(changed.lastResponse.apiVersion).toBe('2026-10-28.endive');
  });

  it('tells of a missing object, a missing parameter and an unknown one, each in its way', async () => {
    await expect(stripe.customers.retrieve('cus_none')).rejects.toMatchObject({
      type: 'StripeInvalidRequestError',
      statusCode: 404,
      code: 'resource_missing',
    });
    await expect(stripe.checkout.sessions.create({ mode: 'subscription' })).rejects.toMatchObject({
      statusCode: 400,
      code: 'parameter_missing',
    });
    const dropped = {
      mode: 'subscription',
      payment_method_types: ['card'],
    } as Stripe.Checkout.SessionCreateParams;
    await expect(stripe.checkout.sessions.create(dropped)).rejects.toMatchObject({
      code: 'parameter_unknown',
      param: 'payment_method_types',
    });
  });

  it('refuses a live or a missing key', async () => {
    const { hostname, port } = new URL(sandbox.url);
    const live = new Stripe('sk_live_x', { host: hostname, port: Number(port), protocol: 'http' });
    await expect(live.customers.list()).rejects.toMatchObject({ type: 'StripeAuthenticationError' });
    expect((await fetch(`${sandbox.url}/v1/customers`)).status).toBe(401);
  });

  it('opens, lists, reads and expires a checkout session', async () => {
    const customer = await stripe.customers.create({});
    const session = await openCheckout(stripe, customer.id);
    expect(session).toMatchObject({
      status: 'open',
      payment_status: 'unpaid',
      amount_total: 999,
      metadata: { userId: 'u1' },
      url: `${sandbox.url}/c/pay/${session.id}`,
    });
    expect(session.line_items).toBeUndefined();
    const expanded = await stripe.checkout.sessions.retrieve(session.id, {
      expand: ['line_items', 'customer'],
    });
    expect(expanded.line_items?.data[0]?.price?.id).toBe(proPrice);
    expect(expanded.customer).toMatchObject({ id: customer.id, object: 'customer' });
    const open = await stripe.checkout.sessions.list({ customer: customer.id, status: 'open' });
    expect(open.data.map(({ id }) => id)).toEqual([session.id]);
    expect(await stripe.checkout.sessions.expire(session.id)).toMatchObject({ status: 'expired', url: null });
    await expect(stripe.checkout.sessions.expire(session.id)).rejects.toMatchObject({ statusCode: 400 });
  });

  it('pages through a list both ways, and the SDK walks all of it', async () => {
    const email = 'pages@example.com';
    const made: string[] = [];
    for (let count = 0; count < 7; count++) made.unshift((await stripe.customers.create({ email })).id);
    const first = await stripe.customers.list({ email, limit: 3 });
    expect(first.data.map(({ id }) => id)).toEqual(made.slice(0, 3));
    expect(first.has_more).toBe(true);
    const next = await stripe.customers.list({ email, limit: 3, starting_after: made[2] });
    expect(next.data.map(({ id }) => id)).toEqual(made.slice(3, 6));
    const back = await stripe.customers.list({ email, limit: 2, ending_before: made[3] });
    expect(back.data.map(({ id }) => id)).toEqual(made.slice(1, 3));
    const all = await stripe.customers.list({ email, limit: 2 }).autoPagingToArray({ limit: 100 });
    expect(all.map(({ id }) => id)).toEqual(made);
    const now = Math.floor(Date.now() / 1000);
    expect((await stripe.customers.list({ email, created: { gte: now + 60 } })).data).toEqual([]);
    expect(
      (await stripe.customers.list({ email, created: { gte: now - 60, lt: now + 60 }, limit: 100 })).data,
    ).toHaveLength(7);
  });

  describe('idempotency', () => {
    it('gives the stored answer for the same key and parameters, and makes nothing twice', async () => {
      const key = 'same-key';
      const first = await stripe.customers.create({ email: 'once@example.com' }, { idempotencyKey: key });
      const again = await stripe.customers.create({ email: 'once@example.com' }, { idempotencyKey: key });
      expect(again.id).toBe(first.id);
      expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
      expect((await stripe.customers.list({ email: 'once@example.com' })).data).toHaveLength(1);
    });

    it('refuses the key with other parameters', async () => {
      await stripe.customers.create({ name: 'one' }, { idempotencyKey: 'other-params' });
      await expect(
        stripe.customers.create({ name: 'two' }, { idempotencyKey: 'other-params' }),
      ).rejects.toMatchObject({
        type: 'StripeIdempotencyError',
        statusCode: 400,
      });
    });

    it('answers 409 while the first request runs', async () => {
      sandbox.world.faults.add({ match: 'POST /v1/customers', kind: 'slow', delayMs: 300, times: 1 });
      const first = stripe.customers.create({}, { idempotencyKey: 'running' });
      while (sandbox.world.idempotency.isRunning('running') === false) await new Promise(setImmediate);
      await expect(stripe.customers.create({}, { idempotencyKey: 'running' })).rejects.toMatchObject({
        statusCode: 409,
        code: 'idempotency_key_in_use',
      });
      await first;
    });

    it('does not remember a request that failed its checks', async () => {
      const key = { idempotencyKey: 'checked' };
      await expect(stripe.billingPortal.sessions.create({ customer: 'cus_none' }, key)).rejects.toMatchObject(
        { statusCode: 400 },
      );
      await expect(stripe.customers.create({ name: 'now' }, key)).resolves.toMatchObject({ name: 'now' });
    });

    it('remembers a request that it began and failed, and says that another try is no use', async () => {
      await control(sandbox, '/faults', { match: 'POST /v1/customers', kind: 'fail', times: 1 });
      const retrying = clientOf(sandbox, { maxNetworkRetries: 2 });
      const key = { idempotencyKey: 'failed' };
      await expect(retrying.customers.create({}, key)).rejects.toMatchObject({ statusCode: 500 });
      await expect(retrying.customers.create({}, key)).rejects.toMatchObject({
        statusCode: 500,
        headers: { 'idempotent-replayed': 'true' },
      });
      expect(sandbox.world.journal.seen('POST /v1/customers')).toHaveLength(2);
    });

    it("survives a cut connection: the SDK's retry gets the one customer that was made", async () => {
      const retrying = clientOf(sandbox, { maxNetworkRetries: 2 });
      await control(sandbox, '/faults', { match: 'POST /v1/customers', kind: 'refuse_after', times: 1 });
      const made = await retrying.customers.create({ email: 'cut@example.com' });
      expect((await stripe.customers.list({ email: 'cut@example.com' })).data.map(({ id }) => id)).toEqual([
        made.id,
      ]);
      const seen = sandbox.world.journal.seen('POST /v1/customers');
      expect(seen.map(({ replayed }) => replayed)).toEqual([false, true]);
    });
  });

  it('is slow, broken or gone when asked to be', async () => {
    await control(sandbox, '/faults', { match: 'GET /v1/prices', kind: 'error', status: 503, times: 1 });
    await expect(stripe.prices.list()).rejects.toMatchObject({ type: 'StripeAPIError', statusCode: 503 });
    await control(sandbox, '/faults', { match: 'GET /v1/prices', kind: 'refuse', times: 2 });
    await expect(stripe.prices.list()).rejects.toMatchObject({ type: 'StripeConnectionError' });
    await control(sandbox, '/faults', { match: 'GET /v1/prices', kind: 'slow', delayMs: 5000, times: 1 });
    await expect(clientOf(sandbox, { timeout: 100 }).prices.list()).rejects.toMatchObject({
      type: 'StripeConnectionError',
    });
    await expect(stripe.prices.list()).resolves.toMatchObject({ object: 'list' });
  });

  it('keeps products, prices with lookup keys, and portal configurations', async () => {
    const product = await stripe.products.create({ name: 'Plan' });
    const price = await stripe.prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount: 500,
      recurring: { interval: 'month' },
      lookup_key: 'plan_monthly',
    });
    const found = await stripe.prices.list({ lookup_keys: ['plan_monthly'], expand: ['data.product'] });
    expect(found.data).toHaveLength(1);
    expect(found.data[0]).toMatchObject({ id: price.id, unit_amount: 500, product: { id: product.id } });
    const configuration = await stripe.billingPortal.configurations.create({
      features: { invoice_history: { enabled: true } },
    });
    expect((await stripe.billingPortal.configurations.list()).data.map(({ id }) => id)).toContain(
      configuration.id,
    );
  });
});
