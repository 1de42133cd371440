import { execFile } from 'node:child_process';
import path from 'node:path';
import type Stripe from 'stripe';
import type { Settings } from '../../src/config/settings.js';
import { StripeClient } from '../../src/infra/stripe/stripe.client.js';
import { StripeEvents } from '../../src/infra/stripe/stripe-events.js';
import { buyPro, stripeSdk, untilStatus } from '../support/stripe.js';
import { System } from '../support/system.js';

const ROOT = path.resolve(__dirname, '../..');

interface Ended {
  code: number;
  out: string;
  err: string;
}

describe("the operator's commands", () => {
  let system: System;
  let stripe: Stripe;

  beforeAll(async () => {
    system = await System.start({ workers: 1 });
    stripe = stripeSdk(system.stripe);
  });
  afterAll(() => system.stop());

  const run = (entry: string, args: string[], env: Record<string, string>): Promise<Ended> =>
    new Promise((resolve) => {
      execFile(
        process.execPath,
        [path.join(ROOT, entry), ...args],
        { cwd: ROOT, env: { PATH: process.env.PATH, NODE_ENV: 'test', ...env } },
        (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }),
      );
    });

  it('replay: adds events to the inbox that no delivery brought, and a worker processes them', async () => {
    const client = await system.signedIn();
    system.stripe.world.deliveries.rules.drop = ['*'];
    await buyPro(system, client);
    system.stripe.world.deliveries.rules.drop = [];
    const first = await run('dist/stripe-replay.js', ['--since', '1h'], system.env);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(/lists 4 events .*; 4 were missing/);
    await untilStatus(client, { tier: 'pro', status: 'active' });
    const again = await run('dist/stripe-replay.js', ['--since', '1h'], system.env);
    expect(again.out).toMatch(/lists 4 events .*; 0 were missing/);
  });

  it('replay: reads more than one page', async () => {
    system.stripe.world.deliveries.rules.drop = ['*'];
    for (let count = 0; count < 130; count++) {
      system.stripe.world.events.emit('invoice.paid', {
        id: `in_${count}`,
        object: 'invoice',
        customer: 'cus_stranger',
      });
    }
    system.stripe.world.deliveries.rules.drop = [];
    const { out } = await run('dist/stripe-replay.js', ['--since', '1h'], system.env);
    expect(out).toMatch(/; 130 were missing/);
  });

  it('replay: asks for as many types as there are, though Stripe lists twenty at a time', async () => {
    const events = new StripeEvents(new StripeClient(system.env as unknown as Settings));
    const types = Array.from({ length: 45 }, (_, at) => `test.kind_${at}`);
    for (const type of types) system.stripe.world.events.emit(type, { id: 'obj_1' });
    const seen: string[] = [];
    for await (const { type } of events.since(new Date(Date.now() - 60_000), types)) seen.push(type);
    expect(seen.sort()).toEqual([...types].sort());
  });

  it('replay: says what it wants, and that Stripe is away', async () => {
    for (const args of [[], ['--since', 'yesterday'], ['--until', '1h']]) {
      expect(await run('dist/stripe-replay.js', args, system.env)).toMatchObject({ code: 1, out: '' });
    }
    system.stripe.world.faults.add({ match: 'GET /v1/events', kind: 'error', status: 500 });
    const away = await run('dist/stripe-replay.js', ['--since', '1h'], system.env);
    system.stripe.world.faults.clear();
    expect(away.code).toBe(1);
    expect(away.err).toContain('The events were not replayed');
  });

  it('setup: makes product, price and portal once, and prints the settings', async () => {
    const env = { STRIPE_SECRET_KEY: 'sk_test_setup', STRIPE_API_BASE: system.stripe.url };
    const first = await run('dist/stripe-setup.js', ['--amount', '1500', '--currency', 'EUR'], env);
    expect(first).toMatchObject({ code: 0, err: '' });
    const id = /^STRIPE_PRO_PRICE_ID=(price_\w+)$/m.exec(first.out)?.[1] ?? '';
    const price = await stripe.prices.retrieve(id);
    expect(price).toMatchObject({ unit_amount: 1500, currency: 'eur', recurring: { interval: 'month' } });
    expect(first.out).toContain('customer.subscription.deleted');
    expect(first.out).toContain('endpoint: <your PUBLIC_URL>/webhook/stripe,');
    const again = await run('dist/stripe-setup.js', ['--amount', '1500', '--currency', 'eur'], env);
    expect(again.out).toBe(first.out);
    const dearer = await run('dist/stripe-setup.js', ['--amount', '1900', '--currency', 'eur'], env);
    expect(dearer.code).toBe(0);
    expect(dearer.out).not.toContain(id);
    const configurations = await stripe.billingPortal.configurations.list();
    expect(configurations.data).toHaveLength(1);
    const client = await system.signedIn();
    await client.post('/subscription/portal');
    const opened = system.stripe.world.journal.seen('POST /v1/billing_portal/sessions').at(-1);
    expect(opened?.params).toMatchObject({ configuration: configurations.data[0]?.id });
  });

  it('setup: tells the endpoint where the settings put it', async () => {
    const { out } = await run('dist/stripe-setup.js', [], {
      STRIPE_SECRET_KEY: 'sk_test_setup',
      STRIPE_API_BASE: system.stripe.url,
      PUBLIC_URL: 'https://api.example.com/',
      API_PREFIX: '/v1/',
      PORT: '8080',
    });
    expect(out).toContain('endpoint: https://api.example.com/v1/webhook/stripe,');
    expect(out).toContain('--forward-to localhost:8080/v1/webhook/stripe');
  });

  it('setup: says what it wants', async () => {
    expect((await run('dist/stripe-setup.js', [], {})).err).toContain('STRIPE_SECRET_KEY is not set');
    const env = { STRIPE_SECRET_KEY: 'sk_test_setup', STRIPE_API_BASE: system.stripe.url };
    expect((await run('dist/stripe-setup.js', ['--amount', '9.99'], env)).err).toContain('--amount wants');
  });
});
