import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { eventually, holds } from '../support/eventually.js';
import { buyPro, stripeSdk, untilStatus } from '../support/stripe.js';
import { System } from '../support/system.js';

const SECRETS = ['whsec_current', 'whsec_former'];
const now = () => Math.floor(Date.now() / 1000);

describe('the webhook', () => {
  let system: System;
  let stripe: Stripe;

  beforeAll(async () => {
    system = await System.start({
      apis: 2,
      workers: 1,
      env: { STRIPE_WEBHOOK_SECRET: SECRETS.join(','), API_PREFIX: '' },
    });
    stripe = stripeSdk(system.stripe);
  });
  afterAll(() => system.stop());
  beforeEach(() => system.stripe.world.journal.clear());

  const event = (type = 'invoice.upcoming', object: object = { id: 'in_1', object: 'invoice' }) => ({
    id: `evt_${randomUUID().replaceAll('-', '')}`,
    object: 'event',
    api_version: '2025-03-31.basil',
    created: now(),
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  });
  const sign = (payload: string, { secret = SECRETS[0] ?? '', timestamp = now() } = {}) =>
    Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
  const post = (
    body: Buffer | string,
    signature?: string,
    options: { api?: number; path?: string; type?: string } = {},
  ) =>
    fetch(`${system.client(options.api).url}${options.path ?? '/webhook/stripe'}`, {
      method: 'POST',
      headers: {
        'Content-Type': options.type ?? 'application/json; charset=utf-8',
        ...(signature !== undefined && { 'Stripe-Signature': signature }),
      },
      body,
    });
  const stored = async (id: string) =>
    (await system.db.query('SELECT * FROM stripe_event WHERE id = $1', [id])).rows;
  const inboxSize = async () =>
    Number((await system.db.query('SELECT count(*) FROM stripe_event')).rows[0].count);

  it('stores a signed event before it says so, under any of the secrets and on both paths', async () => {
    for (const secret of SECRETS) {
      for (const path of ['/webhook/stripe', '/subscription/webhook/stripe']) {
        const one = event();
        const body = JSON.stringify(one, null, 2);
        const answer = await post(body, sign(body, { secret }), { path });
        expect(answer.status).toBe(200);
        expect(await answer.json()).toEqual({ received: true });
        expect(await stored(one.id)).toMatchObject([{ type: one.type }]);
      }
    }
  });

  it('refuses forged, stale, future, truncated, re-encoded and replayed bodies, and stores nothing', async () => {
    const one = event('invoice.paid', {
      id: 'in_1',
      object: 'invoice',
      customer: 'cus_x',
      customer_name: 'Zoë',
    });
    const body = JSON.stringify(one);
    const good = sign(body);
    const before = await inboxSize();
    const bad: [string, Buffer | string, string | undefined][] = [
      ['forged: no signature', body, undefined],
      ['forged: empty signature', body, ''],
      ['forged: nonsense', body, 'v1=1,t=2'],
      ['forged: another secret', body, sign(body, { secret: 'whsec_guess' })],
      ['forged: the empty secret', body, sign(body, { secret: ' ' })],
      ['forged: signature of another body', body, sign(JSON.stringify(event()))],
      ['forged: only v0', body, good.replace('v1=', 'v0=')],
      ['stale', body, sign(body, { timestamp: now() - 301 })],
      ['future', body, sign(body, { timestamp: now() + 310 })],
      ['replayed with a new time', body, good.replace(/t=\d+/, `t=${now() + 1}`)],
      ['replayed with a second time', body, `t=${now() + 5},${sign(body, { timestamp: now() - 1000 })}`],
      ['replayed with another body', body.replace('invoice.paid', 'invoice.void'), good],
      ['truncated', body.slice(0, -1), good],
      ['truncated to nothing', '', good],
      ['re-encoded: pretty', JSON.stringify(one, null, 2), good],
      ['re-encoded: escaped', body.replace('ë', '\\u00eb'), good],
      ['re-encoded: with a mark', `\ufeff${body}`, good],
      ['re-encoded: latin1', Buffer.from(body, 'latin1'), good],
      [
        're-encoded: latin1, signed as repaired',
        Buffer.from(body, 'latin1'),
        sign(body.replace('ë', '\ufffd')),
      ],
      ['re-encoded: utf-16', Buffer.from(body, 'utf16le'), good],
      ['signed, but no event', '{}', sign('{}')],
      ['signed, but no JSON', 'hello', sign('hello')],
    ];
    for (const [what, bytes, signature] of bad) {
      const answer = await post(bytes, signature);
      expect({ what, status: answer.status }).toEqual({ what, status: 400 });
      expect(await answer.json()).toMatchObject({ code: 'webhook.signature_invalid' });
    }
    expect(await inboxSize()).toBe(before);
    expect(await stored(one.id)).toEqual([]);
  });

  it('takes the body whatever its content type says, for the signature is what counts', async () => {
    const body = JSON.stringify(event());
    expect((await post(body, sign(body), { type: 'text/plain' })).status).toBe(200);
    expect((await post('x'.repeat(1_100_000), 't=1,v1=2')).status).toBe(413);
  });

  it('stores a signed thin event like any type that it does not know', async () => {
    const { data: _, pending_webhooks: __, ...envelope } = event('v1.billing.meter.no_meter_found');
    const thin = {
      ...envelope,
      object: 'v2.core.event',
      related_object: null,
      created: new Date().toISOString(),
    };
    const body = JSON.stringify(thin);
    expect((await post(body, sign(body))).status).toBe(200);
    expect(await stored(thin.id)).toMatchObject([
      { type: thin.type, customer_id: null, processed_at: expect.any(Date) },
    ]);
    expect((await post(body, sign(body, { secret: 'whsec_guess' }))).status).toBe(400);
  });

  it('stores types it does not know, and events that no column of JSON would take', async () => {
    const unknown = event('wallet.sneezed');
    const odd = event('invoice.upcoming', { id: 'in_1', name: '\u0000', deep: nested(200), half: '\ud800' });
    for (const one of [unknown, odd]) {
      const body = JSON.stringify(one);
      expect((await post(body, sign(body))).status).toBe(200);
      expect(await stored(one.id)).toMatchObject([{ type: one.type, customer_id: null }]);
      expect((await stored(one.id))[0].processed_at).not.toBeNull();
    }
  });

  it('lets an event about a stranger do nothing', async () => {
    const one = event('customer.subscription.deleted', {
      id: 'sub_1',
      object: 'subscription',
      customer: 'cus_stranger',
    });
    const body = JSON.stringify(one);
    await post(body, sign(body));
    await eventually('the event to be done', async () => (await stored(one.id))[0]?.processed_at !== null);
    expect(
      (await system.db.query("SELECT 1 FROM subscription WHERE stripe_subscription_id = 'sub_1'")).rows,
    ).toEqual([]);
  });

  it('acts once on 100 deliveries of one event at the same time', async () => {
    const client = await system.signedIn();
    system.stripe.world.deliveries.rules.drop = ['*'];
    const customer = await buyPro(system, client);
    system.stripe.world.deliveries.rules.drop = [];
    const [paid] = (await stripe.events.list({ type: 'invoice.paid', limit: 1 })).data;
    const body = JSON.stringify(paid, null, 2);
    system.stripe.world.journal.clear();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, at) => post(body, sign(body), { api: at % 2 })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
    await untilStatus(client, { tier: 'pro', status: 'active' });
    await eventually(
      'the event to be done',
      async () => (await stored(paid?.id ?? ''))[0]?.processed_at !== null,
    );
    await holds(3_000, async () => {
      expect(await stored(paid?.id ?? '')).toMatchObject([{ attempts: 1 }]);
      const asked = system.stripe.world.journal.seen('GET /v1/subscriptions');
      expect(asked.filter(({ params }) => (params as any).customer === customer)).toHaveLength(1);
    });
  });

  it('answers 503 while it cannot store, and nothing is lost when Stripe sends again', async () => {
    await system.db.query('ALTER TABLE stripe_event RENAME TO stripe_event_away');
    const one = event();
    const body = JSON.stringify(one);
    const broken = await post(body, sign(body));
    expect(broken.status).toBe(503);
    expect(Number(broken.headers.get('retry-after'))).toBeGreaterThan(0);
    await system.db.query('ALTER TABLE stripe_event_away RENAME TO stripe_event');
    expect((await post(body, sign(body))).status).toBe(200);
    expect(await stored(one.id)).toHaveLength(1);
  });
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}
