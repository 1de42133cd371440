import type { AddressInfo } from 'node:net';
import { TestClock } from './advance.js';
import { Billing } from './billing.js';
import { seedPro } from './catalog.js';
import { CheckoutDesk } from './checkout-desk.js';
import { Clock } from './clock.js';
import { Deliveries } from './deliveries.js';
import { Events } from './events.js';
import { Faults } from './faults.js';
import { Idempotency } from './idempotency.js';
import { Journal } from './journal.js';
import { buildServer } from './server.js';
import { Store } from './store.js';
import type { World } from './world.js';

export interface StripeSandboxOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  host?: string;
  /** Where the state is kept; without it, it ends with the sandbox. */
  dataFile?: string;
  webhookUrl?: string;
  webhookSecret?: string;
  /** A monthly price of this id is there from the start. */
  proPriceId?: string;
  /** The address a browser uses, if it is not the one listened on. */
  publicUrl?: string;
  /** The API version of the webhook endpoint, which need not be that of the SDK. */
  webhookApiVersion?: string;
}

export interface StripeSandbox {
  url: string;
  world: World;
  close(): Promise<void>;
}

const tickMs = 5000;

/** Starts a server that behaves like Stripe: API, checkout and portal pages, webhooks, test clock. */
export async function createStripeSandbox(options: StripeSandboxOptions = {}): Promise<StripeSandbox> {
  let url = '';
  const world = buildWorld(options, () => options.publicUrl?.replace(/\/+$/, '') ?? url);
  if (options.proPriceId) seedPro(world.store, options.proPriceId);
  const app = buildServer(world);
  const host = options.host ?? '127.0.0.1';
  await app.listen({ port: options.port ?? 0, host });
  const { port } = app.server.address() as AddressInfo;
  url = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
  world.deliveries.resume();
  const timer = setInterval(() => world.testClock.tick(), tickMs).unref();
  const close = async () => {
    clearInterval(timer);
    world.deliveries.close();
    await app.close();
    world.store.flush();
  };
  return { url, world, close };
}

function buildWorld(options: StripeSandboxOptions, publicUrl: () => string): World {
  const store = new Store(options.dataFile);
  const clock = new Clock(store);
  const endpoint = { url: options.webhookUrl, secret: options.webhookSecret ?? 'whsec_sandbox' };
  const deliveries = new Deliveries(store, endpoint);
  const events = new Events(store, deliveries, options.webhookApiVersion);
  const billing = new Billing(store, clock, events, publicUrl);
  const desk = new CheckoutDesk(store, billing, events);
  return {
    store,
    clock,
    events,
    deliveries,
    billing,
    desk,
    testClock: new TestClock(store, clock, billing, desk),
    idempotency: new Idempotency(store),
    faults: new Faults(),
    journal: new Journal(),
    publicUrl,
  };
}
