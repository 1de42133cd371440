import { wallTime } from './clock.js';
import type { Deliveries } from './deliveries.js';
import { makeId } from './ids.js';
import type { Store } from './store.js';
import { apiVersion, type StripeEvent } from './wire.js';

/** The request that made something happen, told in the event's envelope. */
export interface Cause {
  id: string | null;
  idempotency_key: string | null;
}

export const nobody: Cause = { id: null, idempotency_key: null };

/** Stripe keeps events for 30 days. */
const keptSeconds = 30 * 86_400;

/** Records what happened and hands it to the deliveries. The object in an event is a snapshot. */
export class Events {
  constructor(
    private readonly store: Store,
    private readonly deliveries: Deliveries,
    private readonly endpointVersion: string = apiVersion,
  ) {}

  emit(
    type: string,
    object: unknown,
    cause: Cause = nobody,
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
    this.forgetOld();
    this.deliveries.schedule(event);
    this.store.touch();
    return event;
  }

  private forgetOld(): void {
    const { events, deliveries } = this.store.state;
    const oldest = wallTime() - keptSeconds;
    for (const event of Object.values(events)) {
      if (event.created > oldest) return;
      delete events[event.id];
      for (const delivery of Object.values(deliveries)) {
        if (delivery.event === event.id) delete deliveries[delivery.id];
      }
    }
  }
}

/** The public part of an object: what is kept beside it for the sandbox's own use stays here. */
export function snapshot(object: unknown): unknown {
  const copy = structuredClone(object) as Record<string, unknown>;
  delete copy.behaviour;
  delete copy.subscription_data;
  if (copy.object === 'checkout.session') delete copy.line_items;
  return copy;
}
