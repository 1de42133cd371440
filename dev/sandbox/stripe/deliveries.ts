import Stripe from 'stripe';
import { wallTime } from './clock.js';
import { makeId } from './wire/object.js';
import type { Delivery, Store } from './store.js';
import type { StripeEvent } from './wire/event.js';

/** How events travel to the endpoint. */
export interface DeliveryRules {
  /** Events are not sent until they are released. */
  hold: boolean;
  /** Further copies of every event. */
  duplicates: number;
  delayMs: number;
  /** The upper bound of a random delay that is added to each delivery, which reorders them. */
  shuffleWindowMs: number;
  /** Event types that never arrive; `*` is every type. */
  drop: string[];
  /** The wait before the first retry; it doubles with each. */
  retryBaseMs: number;
}

export const defaultRules: DeliveryRules = {
  hold: false,
  duplicates: 0,
  delayMs: 0,
  shuffleWindowMs: 0,
  drop: [],
  retryBaseMs: 1000,
};

export interface Endpoint {
  url?: string;
  secret: string;
}

const maxAttempts = 16;
const maxRetryDelayMs = 300_000;
const responseTimeoutMs = 20_000;

/** Signs events and sends them to the webhook endpoint, with retries until the response is 2xx. */
export class Deliveries {
  rules: DeliveryRules = { ...defaultRules };
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly closing = new AbortController();

  constructor(
    private readonly store: Store,
    readonly endpoint: Endpoint,
  ) {}

  get hasEndpoint(): boolean {
    return this.endpoint.url !== undefined;
  }

  /** Continues with the deliveries that an earlier run left pending. */
  resume(): void {
    for (const delivery of Object.values(this.store.state.deliveries)) this.startTimer(delivery);
  }

  close(): void {
    this.closing.abort();
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  /** Queues an event, with the number of copies that the rules name. */
  enqueue(event: StripeEvent): void {
    if (!this.hasEndpoint) return;
    for (let copy = 0; copy <= this.rules.duplicates; copy++) this.add(event);
  }

  /** Sends held deliveries, in the order of `events` if given, else in the order of their creation. */
  async release(events?: string[]): Promise<void> {
    const held = Object.values(this.store.state.deliveries).filter(({ status }) => status === 'held');
    const order = events ?? held.map(({ event }) => event);
    for (const id of order) {
      for (const delivery of held.filter(({ event }) => event === id)) await this.send(delivery);
    }
  }

  /** Sends an event now, whatever the rules say. @returns the response of the endpoint */
  async deliver(event: StripeEvent): Promise<{ status: number; body: string }> {
    const payload = JSON.stringify(event, null, 2);
    const { secret } = this.endpoint;
    const response = await fetch(this.endpoint.url ?? '', {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        'stripe-signature': Stripe.webhooks.generateTestHeaderString({
          payload,
          secret,
          timestamp: wallTime(),
        }),
      },
      body: payload,
      redirect: 'manual',
      signal: AbortSignal.any([this.closing.signal, AbortSignal.timeout(responseTimeoutMs)]),
    });
    return { status: response.status, body: await response.text() };
  }

  private add(event: StripeEvent): void {
    const { drop, hold, delayMs, shuffleWindowMs } = this.rules;
    const dropped = drop.includes('*') || drop.includes(event.type);
    const delivery: Delivery = {
      id: makeId('whd_'),
      event: event.id,
      type: event.type,
      status: dropped ? 'dropped' : hold ? 'held' : 'pending',
      attempts: 0,
      nextAt: Date.now() + delayMs + Math.random() * shuffleWindowMs,
      lastResult: null,
    };
    this.store.state.deliveries[delivery.id] = delivery;
    this.startTimer(delivery);
  }

  private startTimer(delivery: Delivery): void {
    if (delivery.status !== 'pending' || this.closing.signal.aborted) return;
    const timer = setTimeout(() => void this.send(delivery), Math.max(0, delivery.nextAt - Date.now()));
    this.timers.set(delivery.id, timer);
  }

  private async send(delivery: Delivery): Promise<void> {
    this.timers.delete(delivery.id);
    const event = this.store.state.events[delivery.event];
    if (!event) return;
    delivery.attempts++;
    const ok = await this.attempt(delivery, event);
    if (this.closing.signal.aborted) return;
    this.settle(delivery, event, ok);
    this.store.touch();
    this.startTimer(delivery);
  }

  private async attempt(delivery: Delivery, event: StripeEvent): Promise<boolean> {
    try {
      const { status } = await this.deliver(event);
      delivery.lastResult = String(status);
      return status >= 200 && status < 300;
    } catch (error) {
      delivery.lastResult = error instanceof Error ? error.message : String(error);
      return false;
    }
  }

  private settle(delivery: Delivery, event: StripeEvent, ok: boolean): void {
    if (ok) {
      delivery.status = 'delivered';
      event.pending_webhooks = 0;
      return;
    }
    delivery.status = delivery.attempts >= maxAttempts ? 'failed' : 'pending';
    const wait = Math.min(maxRetryDelayMs, this.rules.retryBaseMs * 2 ** (delivery.attempts - 1));
    delivery.nextAt = Date.now() + wait;
  }
}
