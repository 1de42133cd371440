import type { Subscription } from '../generated/prisma/client.js';
import type { QuotaUsage } from '../quota/quota.service.js';
import type { Checkout } from '../infra/stripe/stripe-checkouts.js';
import type { Tier } from '../plan/plan.js';

/** The prompts of the UTC day. */
export class DayUsageDto {
  /** Prompts that counted. */
  used!: number;
  /** Null when unlimited. */
  limit!: number | null;
  /** Never negative; null when unlimited. */
  remaining!: number | null;
  /** The next midnight, ISO 8601, UTC */
  resetsAt!: string;
}

export class SubscriptionStatusDto {
  /** @example "pro" */
  tier!: 'basic' | 'pro';
  /**
   * Stripe's word for the subscription; null when there is none.
   * @example "active"
   */
  status!: string | null;
  /** End of the paid period, ISO 8601, UTC */
  currentPeriodEnd!: string | null;
  /** Whether it ends with the paid period. */
  cancelAtPeriodEnd!: boolean;
  /** When it ends, if an end is planned; ISO 8601, UTC */
  cancelAt!: string | null;
  usage!: DayUsageDto;
}

/** Where to pay. */
export class CheckoutDto {
  /** Stripe's page, to be opened in a browser. */
  checkoutUrl!: string;
  sessionId!: string;
  /** ISO 8601, UTC */
  expiresAt!: string;
}

export class PortalDto {
  /** Stripe's page, to be opened in a browser soon. */
  url!: string;
}

type SubscriptionRow = Pick<Subscription, 'status' | 'currentPeriodEnd' | 'cancelAtPeriodEnd' | 'cancelAt'>;

/** @param row the stored subscription; null without one */
export function toStatus(tier: Tier, row: SubscriptionRow | null, usage: QuotaUsage): SubscriptionStatusDto {
  return {
    tier,
    status: row?.status ?? null,
    currentPeriodEnd: row?.currentPeriodEnd.toISOString() ?? null,
    cancelAtPeriodEnd: row?.cancelAtPeriodEnd ?? false,
    cancelAt: row?.cancelAt?.toISOString() ?? null,
    usage: { ...usage, resetsAt: usage.resetsAt.toISOString() },
  };
}

export function toCheckout({ id, url, expiresAt }: Checkout): CheckoutDto {
  return { checkoutUrl: url ?? '', sessionId: id, expiresAt: expiresAt.toISOString() };
}
