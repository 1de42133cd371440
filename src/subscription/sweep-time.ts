const MINUTE = 60_000;
const RECENT = 48 * 60 * MINUTE;

interface Seen {
  now: Date;
  changedAt: Date;
  live: boolean;
}

/**
 * When a customer is to be compared with Stripe again, should no event come: soon while things are in motion, a few
 * times a day while somebody pays, and never for a person who is plainly Basic.
 */
export function nextSweep({ now, changedAt, live }: Seen): Date | null {
  const recent = now.getTime() - changedAt.getTime() < RECENT;
  if (recent) return new Date(now.getTime() + 15 * MINUTE);
  return live ? new Date(now.getTime() + 360 * MINUTE) : null;
}
