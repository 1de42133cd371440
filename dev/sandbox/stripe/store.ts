import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PortalConfiguration, PortalSession } from './wire/billing-portal.js';
import type { Price, Product } from './wire/catalog.js';
import type { CheckoutSession } from './wire/checkout-session.js';
import type { Customer, PaymentMethod } from './wire/customer.js';
import type { StripeEvent } from './wire/event.js';
import type { Invoice } from './wire/invoice.js';
import type { Charge, Dispute, InvoicePayment, PaymentIntent, Refund } from './wire/payment.js';
import type { Subscription, SubscriptionSchedule } from './wire/subscription.js';

export interface Delivery {
  id: string;
  event: string;
  type: string;
  status: 'held' | 'pending' | 'delivered' | 'failed' | 'dropped';
  attempts: number;
  /** The time of the next attempt, in milliseconds since 1970. */
  nextAt: number;
  /** The result of the last attempt: the response status, or the connection error. */
  lastResult: string | null;
}

export interface StoredResponse {
  /** Method, path and parameters of the first request with this key. */
  request: string;
  at: number;
  status: number;
  body: string;
}

/** The state of the sandbox. Objects keep the order of their creation. */
export interface State {
  customers: Record<string, Customer>;
  products: Record<string, Product>;
  prices: Record<string, Price>;
  sessions: Record<string, CheckoutSession>;
  subscriptions: Record<string, Subscription>;
  schedules: Record<string, SubscriptionSchedule>;
  invoices: Record<string, Invoice>;
  invoicePayments: Record<string, InvoicePayment>;
  paymentIntents: Record<string, PaymentIntent>;
  charges: Record<string, Charge>;
  refunds: Record<string, Refund>;
  disputes: Record<string, Dispute>;
  paymentMethods: Record<string, PaymentMethod>;
  portalConfigurations: Record<string, PortalConfiguration>;
  portalSessions: Record<string, PortalSession>;
  events: Record<string, StripeEvent>;
  deliveries: Record<string, Delivery>;
  responses: Record<string, StoredResponse>;
  /** Seconds by which a customer's test clock is ahead of the wall clock. */
  clocks: Record<string, number>;
  invoiceCount: number;
}

function emptyState(): State {
  return {
    customers: {},
    products: {},
    prices: {},
    sessions: {},
    subscriptions: {},
    schedules: {},
    invoices: {},
    invoicePayments: {},
    paymentIntents: {},
    charges: {},
    refunds: {},
    disputes: {},
    paymentMethods: {},
    portalConfigurations: {},
    portalSessions: {},
    events: {},
    deliveries: {},
    responses: {},
    clocks: {},
    invoiceCount: 0,
  };
}

/** The state in memory and, given a file, on disk: written as a whole and renamed into place. */
export class Store {
  state: State;
  private dirty = false;

  constructor(private readonly file?: string) {
    this.state = { ...emptyState(), ...(file && readState(file)) };
    if (file) mkdirSync(dirname(file), { recursive: true });
  }

  /** To be called after a change; changes of the same turn are written together. */
  touch(): void {
    if (!this.file || this.dirty) return;
    this.dirty = true;
    setImmediate(() => this.flush());
  }

  flush(): void {
    if (!this.file || !this.dirty) return;
    this.dirty = false;
    writeFileSync(`${this.file}.tmp`, JSON.stringify(this.state), { mode: 0o600 });
    renameSync(`${this.file}.tmp`, this.file);
  }

  reset(): void {
    this.state = emptyState();
    this.touch();
  }
}

function readState(file: string): Partial<State> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<State>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Error(`Cannot read the sandbox's data in ${file}: remove it to begin anew`, { cause: error });
  }
}
