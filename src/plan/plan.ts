/** What is known about a person's payments: Stripe's status and the start of the paid period's item. */
export interface PaidState {
  status: string;
  currentPeriodStart: Date;
}

export type Tier = 'basic' | 'pro';

const DAY = 86_400_000;
const ENTITLED = new Set(['active', 'trialing']);
const OVER = new Set(['canceled', 'incomplete_expired']);

/**
 * The tier a person has at `now`: Pro while active or on trial, and while past due for `graceDays` from the start of
 * the period that was not paid. To be asked at each prompt, for the grace ends without anything happening.
 */
export function tierOf(paid: PaidState | null, graceDays: number, now: Date): Tier {
  if (!paid) return 'basic';
  if (ENTITLED.has(paid.status)) return 'pro';
  const graceEnds = paid.currentPeriodStart.getTime() + graceDays * DAY;
  return paid.status === 'past_due' && now.getTime() < graceEnds ? 'pro' : 'basic';
}

/** Whether a subscription in this status may still take money: another one must not be sold beside it. */
export function isLive(status: string): boolean {
  return !OVER.has(status);
}

interface Candidate extends PaidState {
  currentPeriodEnd: Date;
  endsAt: Date | null;
}

/** The most entitling first; what can recover by a payment before what waits for one. */
const RANK = ['active', 'trialing', 'past_due', 'unpaid', 'paused', 'incomplete'];

/** The live subscription that serves the person best, so that two of them never cost the tier when one ends. */
export function chooseBest<T extends Candidate>(subscriptions: readonly T[]): T | null {
  const live = subscriptions.filter(({ status }) => isLive(status));
  return [...live].sort(byService)[0] ?? null;
}

function byService(a: Candidate, b: Candidate): number {
  return rank(a) - rank(b) || lastsUntil(b) - lastsUntil(a);
}

function rank({ status }: Candidate): number {
  const place = RANK.indexOf(status);
  return place < 0 ? RANK.length : place;
}

/** One that renews outlasts every one that is to end. */
function lastsUntil({ endsAt, currentPeriodEnd }: Candidate): number {
  return endsAt ? endsAt.getTime() : currentPeriodEnd.getTime() + Number.MAX_SAFE_INTEGER / 2;
}
