const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A change this recent may be followed by others. */
const RECENT = 48 * HOUR;
/** Longer than any HTTP request runs. */
const LONGEST_REQUEST = 5 * MINUTE;

interface Customer {
  now: Date;
  /** When the customer's payments last changed. */
  changedAt: Date;
  /** Whether the customer has a live subscription. */
  live: boolean;
  /** Whether the sync that asks fetched everything that matters. */
  inFull: boolean;
  /** Whether the customer's account exists. */
  hasAccount: boolean;
}

/**
 * When a customer is compared with Stripe again if no event arrives: every 15 minutes after a recent change, every 6
 * hours while a subscription is live, otherwise never. After an account was deleted, a request that was running then may
 * still open a checkout; while that is possible the customer is compared every minute, so that the checkout is expired. A
 * sync of a request may replace the result of one that fetched more, so a payer is then compared in a minute.
 * @returns null for never
 */
export function nextReconciliation({ now, changedAt, live, inFull, hasAccount }: Customer): Date | null {
  const age = now.getTime() - changedAt.getTime();
  if (!hasAccount && age < LONGEST_REQUEST) return new Date(now.getTime() + MINUTE);
  if (live && !inFull) return new Date(now.getTime() + MINUTE);
  if (age < RECENT) return new Date(now.getTime() + 15 * MINUTE);
  return live ? new Date(now.getTime() + 6 * HOUR) : null;
}
