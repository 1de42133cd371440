import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Stripe from 'stripe';
import { clientOf, control, openCheckout, proPrice, startSandbox, subscribe } from './spec-client.js';
import { createStripeSandbox } from './sandbox.js';

const secret = 'whsec_spec';

/** An endpoint that checks each delivery with the SDK and answers what the test says. */
class Endpoint {
  readonly received: Stripe.Event[] = [];
  answer = 200;
  private server!: Server;
  private readonly stripe = new Stripe('sk_test_spec');

  async listen(): Promise<string> {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const signature = String(request.headers['stripe-signature']);
        this.received.push(this.stripe.webhooks.constructEvent(Buffer.concat(chunks), signature, secret));
        response.writeHead(this.answer).end();
      });
    });
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/webhook`;
  }

  types(): string[] {
    return this.received.map(({ type }) => type);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

async function until(what: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!what()) {
    if (Date.now() > deadline) throw new Error('It did not come to pass within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('webhooks', () => {
  let endpoint: Endpoint;
  let webhookUrl: string;
  const closing: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    endpoint = new Endpoint();
    webhookUrl = await endpoint.listen();
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    endpoint.close();
  });

  const start = async (more: { dataFile?: string } = {}) => {
    const started = await startSandbox({ webhookUrl, webhookSecret: secret, ...more });
    closing.push(() => started.sandbox.close());
    return started;
  };

  it('signs and delivers what happened', async () => {
    const { sandbox, stripe } = await start();
    const customer = (await stripe.customers.create({})).id;
    await subscribe(sandbox, stripe, customer);
    await until(() => endpoint.types().includes('checkout.session.completed'));
    const event = endpoint.received.find(({ type }) => type === 'customer.created');
    expect(event).toMatchObject({ object: 'event', livemode: false, data: { object: { id: customer } } });
    expect(event?.request?.id).toMatch(/^req_/);
    expect((await stripe.events.list({ type: 'customer.created' })).data[0]?.id).toBe(event?.id);
  });

  it('tries again until the endpoint takes it', async () => {
    const { sandbox, stripe } = await start();
    await control(sandbox, '/deliveries/rules', { retryBaseMs: 20 });
    endpoint.answer = 500;
    await stripe.customers.create({});
    await until(() => endpoint.received.length >= 3);
    endpoint.answer = 200;
    await until(() => Object.values(sandbox.world.store.state.deliveries)[0]?.status === 'delivered');
    expect(new Set(endpoint.received.map(({ id }) => id)).size).toBe(1);
  });

  it('holds, reorders, duplicates and drops as told', async () => {
    const { sandbox, stripe } = await start();
    await control(sandbox, '/deliveries/rules', { hold: true, drop: ['customer.updated'] });
    const { id } = await stripe.customers.create({});
    await stripe.customers.update(id, { name: 'x' });
    await stripe.customers.del(id);
    const events = (await stripe.events.list()).data;
    const [deleted, , created] = events.map((event) => event.id);
    await control(sandbox, '/deliveries/release', { events: [deleted, created, deleted] });
    expect(endpoint.types()).toEqual(['customer.deleted', 'customer.created', 'customer.deleted']);
  });

  it('sends copies of every event', async () => {
    const { sandbox, stripe } = await start();
    await control(sandbox, '/deliveries/rules', { duplicates: 2, shuffleWindowMs: 30 });
    await stripe.customers.create({});
    await until(() => endpoint.received.length === 3);
    expect(new Set(endpoint.received.map(({ id }) => id)).size).toBe(1);
  });

  it('keeps its state and its undelivered events over a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stripe-sandbox-'));
    const dataFile = join(folder, 'state.json');
    const first = await createStripeSandbox({
      dataFile,
      webhookUrl: 'http://127.0.0.1:1/',
      webhookSecret: secret,
      proPriceId: proPrice,
    });
    const { id } = await clientOf(first).customers.create(
      { email: 'kept@example.com' },
      { idempotencyKey: 'kept' },
    );
    const session = await openCheckout(clientOf(first), id);
    await first.close();
    const { stripe } = await start({ dataFile });
    expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({
      status: 'open',
      customer: id,
    });
    const again = await stripe.customers.create({ email: 'kept@example.com' }, { idempotencyKey: 'kept' });
    expect(again.id).toBe(id);
    await until(() => endpoint.types().includes('customer.created'));
    rmSync(folder, { recursive: true });
  });
});
