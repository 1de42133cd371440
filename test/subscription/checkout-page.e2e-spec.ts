import { eventually } from '../support/eventually.js';
import { control, customerOf, statusOf, stripeSdk, untilEventsAreDone } from '../support/stripe.js';
import { System } from '../support/system.js';

describe('the page after a checkout', () => {
  let system: System;

  beforeAll(async () => {
    system = await System.start({ workers: 1 });
  });
  afterAll(() => system.stop());

  it('returns from checkout to a page that has synced already, and to one for who left', async () => {
    const client = await system.signedIn();
    system.stripe.world.deliveries.rules.drop = ['*'];
    const { sessionId } = (await client.post('/subscribe/pro')).body;
    await control(system.stripe, `/checkout/${sessionId}/pay`);
    system.stripe.world.deliveries.rules.drop = [];
    const page = await client.get(`/checkout/success?session_id=${sessionId}`);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(Object.fromEntries(page.headers)).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(page.text).toContain('You have Pro');
    expect(await statusOf(client)).toMatchObject({ tier: 'pro' });
    expect((await client.get('/checkout/cancel')).text).toContain('Nothing was paid');
    const customer = await customerOf(system, client.user.id);
    const [{ id } = { id: '' }] = (await stripeSdk(system.stripe).subscriptions.list({ customer })).data;
    await control(system.stripe, `/subscriptions/${id}`, { status: 'unpaid' });
    const later = await client.get(`/checkout/success?session_id=${sessionId}`);
    expect(later.text).not.toContain('You have Pro');
    // The calls of the following tests are counted: none may be for this customer.
    await untilEventsAreDone(system);
  });

  it('asks Stripe nothing about sessions that were not opened here, while a payer returns among them', async () => {
    const client = await system.signedIn();
    const foreign = await stripeSdk(system.stripe).checkout.sessions.create({
      mode: 'subscription',
      line_items: [{ price: 'price_pro', quantity: 1 }],
      success_url: 'https://shop.example.com/',
    });
    system.stripe.world.deliveries.rules.drop = ['*'];
    const { sessionId } = (await client.post('/subscribe/pro')).body;
    await control(system.stripe, `/checkout/${sessionId}/pay`);
    const customer = await customerOf(system, client.user.id);
    const ids = Array.from({ length: 300 }, (_, at) => (at % 3 ? `cs_test_stranger${at}` : foreign.id));
    system.stripe.world.journal.clear();
    const open = (id: string) => system.client().get(`/checkout/success?session_id=${id}`);
    const strangers = ids.map(open);
    await eventually('the payer to have Pro', async () =>
      (await open(sessionId)).text.includes('You have Pro'),
    );
    for (const page of await Promise.all(strangers)) {
      expect(page.status).toBe(200);
      expect(page.text).toContain('Your payment is being confirmed.');
    }
    const calls = system.stripe.world.journal.seen();
    expect(calls.length).toBeGreaterThan(0);
    for (const { path, params } of calls)
      expect({ path, params }).toMatchObject({ path: '/v1/subscriptions', params: { customer } });
    system.stripe.world.deliveries.rules.drop = [];
  }, 180_000);

  it('syncs for ten returns to one session a minute, however many there are', async () => {
    const client = await system.signedIn();
    const { sessionId } = (await client.post('/subscribe/pro')).body;
    system.stripe.world.journal.clear();
    for (let count = 0; count < 30; count++) {
      const page = await system.client().get(`/checkout/success?session_id=${sessionId}`);
      expect(page.status).toBe(200);
    }
    expect(system.stripe.world.journal.seen().length).toBeLessThanOrEqual(10);
  });

  it('says thank you, and no more, to whoever returns with a strange or an open session', async () => {
    const client = await system.signedIn();
    const { sessionId } = (await client.post('/subscribe/pro')).body;
    const strange = [
      '',
      'cs_test_none',
      '../../v1/customers',
      '<script>',
      'x'.repeat(5000),
      '%00',
      sessionId,
    ];
    for (const id of strange) {
      const page = await system.client().get(`/checkout/success?session_id=${encodeURIComponent(id)}`);
      expect([200, 400]).toContain(page.status);
      expect(page.text).not.toContain('<script>');
      expect(page.text).not.toContain('You have Pro');
    }
    expect((await system.client().get('/checkout/success?session_id=a&session_id=b')).status).toBe(200);
  });
});
