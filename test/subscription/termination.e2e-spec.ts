import type Stripe from 'stripe';
import { Client } from '../support/client.js';
import { eventually, inTime } from '../support/eventually.js';
import { isStopped } from '../support/process-tree.js';
import {
  buyPro,
  control,
  customerOf,
  holdOneAnswer,
  stripeSdk,
  untilEventsAreDone,
  untilStatus,
} from '../support/stripe.js';
import { System } from '../support/system.js';

const CONFIRM = { confirm: 'delete my account' };

describe('the payments of an account that is deleted', () => {
  let system: System;
  let stripe: Stripe;

  beforeAll(async () => {
    system = await System.start({ workers: 1 });
    stripe = stripeSdk(system.stripe);
  });
  afterAll(() => system.stop());
  afterEach(() => {
    system.stripe.world.faults.clear();
    system.stripe.world.deliveries.rules.drop = [];
  });

  it('stops: every subscription ends and every open checkout closes at Stripe', async () => {
    const client = await system.signedIn();
    const customer = await buyPro(system, client);
    await untilStatus(client, { tier: 'pro' });
    const card = { customer, default_payment_method: 'pm_card_visa' };
    await stripe.subscriptions.create({ ...card, items: [{ price: 'price_pro' }] });
    expect((await client.delete('/user/me', CONFIRM)).status).toBe(204);
    const { data } = await stripe.subscriptions.list({ customer, status: 'all' });
    expect(data.map(({ status }) => status)).toEqual(['canceled', 'canceled']);
    expect(await customerOf(system, client.user.id)).toBeUndefined();
  });

  it('calls no operator for a payment that the deletion has ended, whatever was fetched before', async () => {
    const { rules } = system.stripe.world.deliveries;
    const client = await system.signedIn();
    rules.drop = ['*'];
    const customer = await buyPro(system, client);
    const past = holdOneAnswer(system.stripe, 'GET /v1/subscriptions', customer);
    const { data: paid } = await stripe.events.list({ type: 'invoice.paid', limit: 1 });
    await control(system.stripe, `/events/${paid[0]?.id}/deliver`);
    await past.asked;
    expect((await client.delete('/user/me', CONFIRM)).status).toBe(204);
    past.release();
    await untilEventsAreDone(system);
    const { data } = await stripe.subscriptions.list({ customer, status: 'all' });
    expect(data.map(({ status }) => status)).toEqual(['canceled']);
    expect(system.workers[0]?.output).not.toContain('orphan_subscription');
  });

  it('calls no operator for a checkout that is paid while it is being closed', async () => {
    const client = await system.signedIn();
    const { sessionId } = (await client.post('/subscribe/pro')).body;
    const customer = await customerOf(system, client.user.id);
    const past = holdOneAnswer(system.stripe, 'GET /v1/checkout/sessions', customer);
    const deleted = client.delete('/user/me', CONFIRM);
    await past.asked;
    await control(system.stripe, `/checkout/${sessionId}/pay`);
    past.release();
    expect((await deleted).status).toBe(204);
    const { data } = await stripe.subscriptions.list({ customer, status: 'all' });
    expect(data.map(({ status }) => status)).toEqual(['canceled']);
    expect(system.apis[0]?.output).not.toContain('look at the key');
  });

  it('cannot be taken later by a checkout that was open', async () => {
    const client = await system.signedIn();
    const { sessionId } = (await client.post('/subscribe/pro')).body;
    expect((await client.delete('/user/me', CONFIRM)).status).toBe(204);
    expect(await stripe.checkout.sessions.retrieve(sessionId)).toMatchObject({ status: 'expired' });
    const paid = await control(system.stripe, `/checkout/${sessionId}/pay`);
    expect(paid.error.type).toBe('invalid_request_error');
  });

  it('cannot be taken by a checkout that another request opened while the account went', async () => {
    const client = await system.signedIn();
    await client.post('/subscription/portal');
    const customer = await customerOf(system, client.user.id);
    expect((await client.delete('/user/me', CONFIRM)).status).toBe(204);
    const { id } = await stripe.checkout.sessions.create({
      mode: 'subscription',
      customer,
      line_items: [{ price: 'price_pro', quantity: 1 }],
      success_url: 'https://api.example.com/checkout/success',
    });
    const { rows } = await system.db.query(
      'SELECT run_at < now() + $2 AS soon FROM work_item WHERE subject_id = $1',
      [customer, '2 minutes'],
    );
    expect(rows).toEqual([{ soon: true }]);
    await system.db.query('UPDATE work_item SET run_at = now(), next_poll_at = now() WHERE subject_id = $1', [
      customer,
    ]);
    await eventually(
      'the checkout to be closed',
      async () => (await stripe.checkout.sessions.retrieve(id)).status === 'expired',
    );
  });

  it.each(['sync.fetched', 'checkout.created'])(
    'cannot be taken by a checkout whose request was at %s while the account went',
    async (place) => {
      const client = await system.signedIn();
      await client.post('/subscription/portal');
      const customer = await customerOf(system, client.user.id);
      const slow = await system.startApi({ FAILPOINTS: `${place}=stop@1` });
      system.apis.pop();
      try {
        const asked = new Client(slow.url, client.user.accessToken).post('/subscribe/pro');
        await eventually('the request stands still', () => isStopped(slow.pid));
        expect((await client.delete('/user/me', CONFIRM)).status).toBe(204);
        await slow.signal('SIGCONT');
        expect(await asked).toMatchObject({ status: 401, body: { code: 'auth.unauthenticated' } });
        const { data } = await stripe.checkout.sessions.list({ customer, status: 'open' });
        expect(data).toEqual([]);
      } finally {
        await slow.stop();
      }
    },
  );

  it.each(['refuse', 'error'])('keeps the account as it is while Stripe is away (%s)', async (kind) => {
    const client = await system.signedIn();
    await buyPro(system, client);
    await untilStatus(client, { tier: 'pro' });
    await control(system.stripe, '/faults', { match: '/v1/', kind, status: 500 });
    const refused = await inTime(10_000, () => client.delete('/user/me', CONFIRM));
    expect(refused).toMatchObject({ status: 503, body: { code: 'stripe.unavailable' } });
    expect((await client.get('/user/me')).status).toBe(200);
    system.stripe.world.faults.clear();
    expect((await client.delete('/user/me', CONFIRM)).status).toBe(204);
  });
});
