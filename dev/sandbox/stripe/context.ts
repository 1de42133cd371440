import type { TestClock } from './test-clock.js';
import type { Billing } from './billing.js';
import type { Checkout } from './checkout.js';
import type { Clock } from './clock.js';
import type { Deliveries } from './deliveries.js';
import type { Events } from './events.js';
import type { Faults } from './faults.js';
import type { Idempotency } from './idempotency.js';
import type { Journal } from './journal.js';
import type { Params } from './params.js';
import type { Payments } from './payments.js';
import type { Store } from './store.js';
import type { Cause } from './wire/event.js';

/** The parts of one sandbox, which its routes and pages share. */
export interface SandboxContext {
  store: Store;
  clock: Clock;
  events: Events;
  deliveries: Deliveries;
  billing: Billing;
  payments: Payments;
  checkout: Checkout;
  testClock: TestClock;
  idempotency: Idempotency;
  faults: Faults;
  journal: Journal;
  /** The address under which a browser reaches the sandbox, without a trailing slash. */
  publicUrl: () => string;
}

/** One API request, parsed. */
export interface Call {
  id: string;
  params: Params;
  cause: Cause;
}

/** One method of Stripe's API: the parameters it accepts, and its implementation. */
export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  params: readonly string[];
  handle: (call: Call) => unknown;
}
