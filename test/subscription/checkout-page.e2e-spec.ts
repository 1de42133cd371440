import { control, customerOf, statusOf, stripeSdk } from '../support/stripe.js';
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
  });

  it('spares Stripe a crowd of strangers on the page after a payment', async () => {
    const path = 'GET /v1/checkout/sessions/cs_test_stranger';
    await control(system.stripe, '/faults', { match: path, kind: 'slow', delayMs: 1_000 });
    system.stripe.world.journal.clear();
    const pages = await Promise.all(
      Array.from({ length: 60 }, (_, at) =>
        system.client().get(`/checkout/success?session_id=cs_test_stranger${at % 30}`),
      ),
    );
    system.stripe.world.faults.clear();
    expect(pages.map(({ status }) => status)).toEqual(Array(60).fill(200));
    const asked = system.stripe.world.journal.seen(path).length;
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(5);
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
