import { wallTime } from './clock.js';
import type { Deliveries } from './deliveries.js';
import { makeId } from './wire/object.js';
import type { Store } from './store.js';
import { apiVersion, type Cause, type StripeEvent } from './wire/event.js';

export const noRequest: Cause = { id: null, idempotency_key: null };

/** Stripe keeps events for 30 days. */
const retentionSeconds = 30 * 86_400;

/** The event log. Each event holds a snapshot of its object and is queued for delivery. */
export class Events {
  constructor(
    private readonly store: Store,
    private readonly deliveries: Deliveries,
    private readonly endpointVersion: string = apiVersion,
  ) {}

  emit(
    type: string,
    object: unknown,
    cause: Cause = noRequest,
    previous?: Record<string, unknown>,
  ): StripeEvent {
    const event: StripeEvent = {
      id: makeId('evt_1'),
      object: 'event',
      api_version: this.endpointVersion,
      created: wallTime(),
      data: { object: snapshot(object), ...(previous && { previous_attributes: structuredClone(previous) }) },
      livemode: false,
      pending_webhooks: this.deliveries.hasEndpoint ? 1 : 0,
      request: cause,
      type,
    };
    this.store.state.events[event.id] = event;
    this.purgeExpired();
    this.deliveries.enqueue(event);
    this.store.touch();
    return event;
  }

  private purgeExpired(): void {
    const { events, deliveries } = this.store.state;
    const oldest = wallTime() - retentionSeconds;
    for (const event of Object.values(events)) {
      if (event.created > oldest) return;
      delete events[event.id];
      for (const delivery of Object.values(deliveries)) {
        if (delivery.event === event.id) delete deliveries[delivery.id];
      }
    }
  }
}

/** A copy of the public part of an object, without the fields that only the sandbox uses. */
export function snapshot(object: unknown): unknown {
  const copy = structuredClone(object) as Record<string, unknown>;
  delete copy.behaviour;
  delete copy.subscription_data;
  if (copy.object === 'checkout.session') delete copy.line_items;
  return copy;
}
