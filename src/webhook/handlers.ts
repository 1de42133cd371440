import type Stripe from 'stripe';
import type { ReceivedEvent } from './signature.js';

/** What an event is about: the customer who is synced, or a charge whose customer is. */
type Subject = { customer: string; charge?: undefined } | { customer?: undefined; charge: string };

type Type = Stripe.Event['type'];
type Handlers = { [T in Type]?: (event: Extract<Stripe.Event, { type: T }>) => Subject | null };
/** A payload has the API version of the endpoint, not that of the SDK, so every field is checked before it is used. */
interface Payload {
  data?: { object?: object };
}

/**
 * The events that are processed, each with the function that finds its subject. Nothing else in an event is used: the
 * customer is synced with Stripe, so events may arrive twice, late or in any order.
 */
const handlers = {
  'checkout.session.completed': customerField,
  'checkout.session.async_payment_succeeded': customerField,
  'checkout.session.async_payment_failed': customerField,
  'checkout.session.expired': customerField,
  'customer.subscription.created': customerField,
  'customer.subscription.updated': customerField,
  'customer.subscription.deleted': customerField,
  'customer.subscription.paused': customerField,
  'customer.subscription.resumed': customerField,
  'customer.subscription.trial_will_end': customerField,
  'customer.subscription.pending_update_applied': customerField,
  'customer.subscription.pending_update_expired': customerField,
  'invoice.paid': customerField,
  'invoice.payment_failed': customerField,
  'invoice.payment_action_required': customerField,
  'customer.deleted': ownId,
  'charge.refunded': customerField,
  'refund.failed': chargeField,
  'charge.dispute.created': chargeField,
  'charge.dispute.closed': chargeField,
  'charge.dispute.funds_reinstated': chargeField,
} as const satisfies Handlers;

export type HandledType = keyof typeof handlers;

/** The event types that the webhook endpoint must be subscribed to. */
export const handledTypes = Object.keys(handlers) as HandledType[];

/** What an event is about; null for an event that is only stored. */
export function subjectOf(event: ReceivedEvent): Subject | null {
  return Object.hasOwn(handlers, event.type) ? handlers[event.type as HandledType](event as Payload) : null;
}

function customerField(payload: Payload): Subject | null {
  const customer = field(payload, 'customer');
  return customer === null ? null : { customer };
}

function chargeField(payload: Payload): Subject | null {
  const charge = field(payload, 'charge');
  return charge === null ? null : { charge };
}

function ownId({ data }: Payload): Subject | null {
  const customer = idOf(data?.object);
  return customer === null ? null : { customer };
}

function field({ data }: Payload, name: string): string | null {
  return idOf((data?.object as Record<string, unknown> | null | undefined)?.[name]);
}

function idOf(reference: unknown): string | null {
  const id = typeof reference === 'object' ? (reference as { id?: unknown } | null)?.id : reference;
  return typeof id === 'string' && id !== '' ? id : null;
}
