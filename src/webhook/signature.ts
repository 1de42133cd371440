import Stripe from 'stripe';

/** Seconds that a signature's time may be in the past or in the future. */
export const TOLERANCE = 300;

/**
 * Checks a webhook's body, byte for byte, against its `Stripe-Signature` under any of the secrets (rotation).
 * The SDK accepts a time in the future, and a body that is not valid UTF-8: both are refused here.
 * @param header the `Stripe-Signature` header as it came
 * @param now milliseconds since the epoch
 * @returns the event; null when no secret matches these bytes within the tolerance, or when they are not an event
 */
export function verifyEvent(
  body: Buffer | undefined,
  header: unknown,
  secrets: readonly string[],
  now = Date.now(),
): Stripe.Event | null {
  const text = body && decode(body);
  if (!text || typeof header !== 'string' || isAhead(header, now)) return null;
  for (const secret of secrets) {
    const event = construct(text, header, secret, now);
    if (event) return isEvent(event) ? event : null;
  }
  return null;
}

function construct(text: string, header: string, secret: string, now: number): Stripe.Event | null {
  try {
    return Stripe.webhooks.constructEvent(text, header, secret, TOLERANCE, undefined, now);
  } catch {
    return null; // not signed with this secret, too old, or not JSON
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

function isEvent(event: Partial<Stripe.Event>): boolean {
  return event.object === 'event' && typeof event.id === 'string' && typeof event.type === 'string';
}
