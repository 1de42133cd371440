import Stripe from 'stripe';

/** Seconds a signature may lie behind or ahead. */
export const TOLERANCE = 300;

/**
 * Checks a webhook's body, byte for byte, against its `Stripe-Signature` under any of the secrets (rotation).
 * The SDK accepts a time ahead of ours, and a body whose bytes it had to repair: both are refused here.
 * @returns the event; null when nobody who knows a secret signed these bytes within the tolerance
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
    return null; // not signed with this secret, too old, or no JSON
  }
}

/** The exact text: a byte order mark is part of it, and bytes that are no UTF-8 are no text. */
function decode(body: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return null;
  }
}

/** Also true of a header without exactly one time: which of several was meant is not ours to guess. */
function isAhead(header: string, now: number): boolean {
  const times = [...header.matchAll(/(?:^|,)t=(\d+)/g)].map(([, time]) => Number(time));
  return times.length !== 1 || (times[0] ?? 0) > Math.floor(now / 1000) + TOLERANCE;
}

function isEvent(event: Partial<Stripe.Event>): boolean {
  return event.object === 'event' && typeof event.id === 'string' && typeof event.type === 'string';
}
