import Stripe from 'stripe';

/** What an event has whatever its form: a snapshot event has its object too, a thin event (`v2.core.event`) has none. */
export type ReceivedEvent = Pick<Stripe.Event, 'id'> & { type: string; data?: { object?: unknown } };

const EVENT_OBJECTS = ['event', 'v2.core.event'];

/** Seconds that a signature's time may be in the past or in the future. */
export const TOLERANCE = 300;

/**
 * Checks a webhook's body, byte for byte, against its `Stripe-Signature` under any of the secrets (rotation).
 * The SDK accepts a time in the future, and a body that is not valid UTF-8: both are refused here. Its functions that
 * also parse an event are made for one form of event each, so only its check of the header is used.
 * @param header the `Stripe-Signature` header as it came
 * @param now milliseconds since the epoch
 * @returns the event; null when no secret matches these bytes within the tolerance, or when they are not an event
 */
export function verifyEvent(
  body: Buffer | undefined,
  header: unknown,
  secrets: readonly string[],
  now = Date.now(),
): ReceivedEvent | null {
  const text = body && decode(body);
  if (!text || typeof header !== 'string' || isAhead(header, now)) return null;
  return secrets.some((secret) => isSigned(text, header, secret, now)) ? parseEvent(text) : null;
}

/** False for a signature of another secret, and for one that is too old. */
function isSigned(text: string, header: string, secret: string, now: number): boolean {
  try {
    return Stripe.webhooks.signature?.verifyHeader(text, header, secret, TOLERANCE, undefined, now) ?? false;
  } catch {
    return false;
  }
}

/** The exact text, with a byte order mark if there is one; null for bytes that are not valid UTF-8. */
function decode(body: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return null;
  }
}

/** Also true of a header that does not have exactly one time, because it does not say which one was signed. */
function isAhead(header: string, now: number): boolean {
  const times = [...header.matchAll(/(?:^|,)t=(\d+)/g)].map(([, time]) => Number(time));
  return times.length !== 1 || (times[0] ?? 0) > Math.floor(now / 1000) + TOLERANCE;
}

function parseEvent(text: string): ReceivedEvent | null {
  try {
    const event = JSON.parse(text) as Partial<Record<'object' | 'id' | 'type', unknown>> | null;
    return isEvent(event) ? event : null;
  } catch {
    return null;
  }
}

function isEvent(event: Partial<Record<'object' | 'id' | 'type', unknown>> | null): event is ReceivedEvent {
  const { object, id, type } = event ?? {};
  return EVENT_OBJECTS.includes(object as string) && typeof id === 'string' && typeof type === 'string';
}
