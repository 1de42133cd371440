/** What is known of an account's payments. */
export interface PaidState {
  /** Stripe's status of the subscription. */
  status: string;
  currentPeriodStart: Date;
  /** Why the subscription gives no Pro whatever its status is; null when the status decides. */
  withheld: string | null;
}

export type Tier = 'basic' | 'pro';

/** Milliseconds. */
const DAY = 86_400_000;
/** Stripe's statuses that mean Pro. */
const ENTITLING = new Set(['active', 'trialing']);
/** Stripe's final statuses. */
const FINAL = new Set(['canceled', 'incomplete_expired']);

/**
 * The tier of an account at `now`: Pro while active or on trial, and while past due for `graceDays` days from the start of
 * the period that was not paid, unless it is withheld. It is computed for each prompt, because no event marks the end of the
 * grace.
 */
export function tierOf(paid: PaidState | null, graceDays: number, now: Date): Tier {
  if (!paid || paid.withheld !== null) return 'basic';
  if (ENTITLING.has(paid.status)) return 'pro';
  const graceEnds = paid.currentPeriodStart.getTime() + graceDays * DAY;
  return paid.status === 'past_due' && now.getTime() < graceEnds ? 'pro' : 'basic';
}

/** Whether a subscription in this status may still take money: another one must not be sold beside it. */
export function isLive(status: string): boolean {
  return !FINAL.has(status);
}

/** A subscription to choose from. `endsAt`: when it ends for good; null while it renews. */
interface Candidate extends PaidState {
  currentPeriodEnd: Date;
  endsAt: Date | null;
}

/** Stripe's live statuses, the best first: those that mean Pro, then those that a payment can still make so. A withheld one is last. */
const RANK = ['active', 'trialing', 'past_due', 'unpaid', 'paused', 'incomplete'];

/** Chooses the best live subscription, so that an account with two keeps Pro when one of them ends. */
export function chooseBest<T extends Candidate>(subscriptions: readonly T[]): T | null {
  const live = subscriptions.filter(({ status }) => isLive(status));
  return [...live].sort(byRank)[0] ?? null;
}

function byRank(a: Candidate, b: Candidate): number {
  return rank(a) - rank(b) || lastsUntil(b) - lastsUntil(a);
}

function rank({ status, withheld }: Candidate): number {
  if (withheld !== null) return RANK.length + 1;
  const index = RANK.indexOf(status);
  return index < 0 ? RANK.length : index;
}

/** In milliseconds; a subscription that renews lasts longer than every one that ends. */
function lastsUntil({ endsAt, currentPeriodEnd }: Candidate): number {
  return endsAt ? endsAt.getTime() : currentPeriodEnd.getTime() + Number.MAX_SAFE_INTEGER / 2;
}
