import type { AddressInfo } from 'node:net';
import { TestClock } from './test-clock.js';
import { Billing } from './billing.js';
import { seedPro } from './catalog.js';
import { Checkout } from './checkout.js';
import { Clock } from './clock.js';
import { Deliveries } from './deliveries.js';
import { Events } from './events.js';
import { Faults } from './faults.js';
import { Idempotency } from './idempotency.js';
import { Journal } from './journal.js';
import { Payments } from './payments.js';
import { buildServer } from './server.js';
import { Store } from './store.js';
import type { SandboxContext } from './context.js';

export interface StripeSandboxOptions {
  /** 0, the default, takes a free port. */
  port?: number;
  host?: string;
  /** The file that keeps the state over a restart; without it the state is lost when the sandbox ends. */
  dataFile?: string;
  webhookUrl?: string;
  webhookSecret?: string;
  /** The id of a monthly price that exists from the start. */
  proPriceId?: string;
  /** The address for browsers, if it differs from the one the server listens on. */
  publicUrl?: string;
  /** The API version of the webhook endpoint, which need not be that of the SDK. */
  webhookApiVersion?: string;
}

export interface StripeSandbox {
  url: string;
  /** For tests in the same process. */
  world: SandboxContext;
  close(): Promise<void>;
}

const tickMs = 5000;

/** Starts a server that behaves like Stripe's: API, checkout and portal pages, webhooks, test clock. */
export async function createStripeSandbox(options: StripeSandboxOptions = {}): Promise<StripeSandbox> {
  let url = '';
  const context = buildContext(options, () => options.publicUrl?.replace(/\/+$/, '') ?? url);
  if (options.proPriceId) seedPro(context.store, options.proPriceId);
  const app = buildServer(context);
  const host = options.host ?? '127.0.0.1';
  await app.listen({ port: options.port ?? 0, host });
  const { port } = app.server.address() as AddressInfo;
  url = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
  context.deliveries.resume();
  const timer = setInterval(() => context.testClock.tick(), tickMs).unref();
  const close = async () => {
    clearInterval(timer);
    context.deliveries.close();
    await app.close();
    context.store.flush();
  };
  return { url, world: context, close };
}

function buildContext(options: StripeSandboxOptions, publicUrl: () => string): SandboxContext {
  const store = new Store(options.dataFile);
  const clock = new Clock(store);
  const endpoint = { url: options.webhookUrl, secret: options.webhookSecret ?? 'whsec_sandbox' };
  const deliveries = new Deliveries(store, endpoint);
  const events = new Events(store, deliveries, options.webhookApiVersion);
  const payments = new Payments(store, events);
  const billing = new Billing(store, clock, events, payments, publicUrl);
  const checkout = new Checkout(store, billing, events);
  return {
    store,
    clock,
    events,
    deliveries,
    billing,
    payments,
    checkout,
    testClock: new TestClock(store, clock, billing, checkout),
    idempotency: new Idempotency(store),
    faults: new Faults(),
    journal: new Journal(),
    publicUrl,
  };
}
