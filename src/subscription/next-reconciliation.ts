const MINUTE = 60_000;
const RECENT = 48 * 60 * MINUTE;
/** Longer than any request runs. */
const JUST_NOW = 5 * MINUTE;

interface Seen {
  now: Date;
  changedAt: Date;
  live: boolean;
  /** Whether somebody is there whose customer it is. */
  owned: boolean;
}

/**
 * When a customer is to be compared with Stripe again, should no event come: soon while things are in motion, a few
 * times a day while somebody pays, and never for a person who is plainly Basic. A request that ran while an account was
 * deleted may have opened a checkout, which nobody is to pay: that is looked for at once.
 */
export function nextReconciliation({ now, changedAt, live, owned }: Seen): Date | null {
  const age = now.getTime() - changedAt.getTime();
  if (!owned && age < JUST_NOW) return new Date(now.getTime() + MINUTE);
  if (age < RECENT) return new Date(now.getTime() + 15 * MINUTE);
  return live ? new Date(now.getTime() + 360 * MINUTE) : null;
}
