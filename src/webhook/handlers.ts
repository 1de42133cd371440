import type Stripe from 'stripe';

type Type = Stripe.Event['type'];
type Handlers = { [T in Type]?: (event: Extract<Stripe.Event, { type: T }>) => string | null };
/** An event's shape is that of the endpoint's API version: it is looked at, not assumed. */
interface About {
  data?: { object?: object };
}

/**
 * The events that are acted on, each with the way to its customer. What an event says is not believed beyond that:
 * the customer is then synced, so that events may come twice, late or in any order.
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
} as const satisfies Handlers;

export type HandledType = keyof typeof handlers;

/** The types to subscribe to at Stripe. */
export const handledTypes = Object.keys(handlers) as HandledType[];

/** The customer that an event is about; null for an event that is only kept. */
export function customerOf(event: Stripe.Event): string | null {
  if (!Object.hasOwn(handlers, event.type)) return null;
  const handle = handlers[event.type as HandledType] as (event: Stripe.Event) => string | null;
  return handle(event);
}

function customerField({ data }: About): string | null {
  return idOf((data?.object as { customer?: unknown } | undefined)?.customer);
}

function ownId({ data }: About): string | null {
  return idOf(data?.object);
}

function idOf(reference: unknown): string | null {
  const id = typeof reference === 'object' ? (reference as { id?: unknown } | null)?.id : reference;
  return typeof id === 'string' && id !== '' ? id : null;
}
