import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import { failpoint } from '../common/failpoint.js';
import { Settings } from '../config/settings.js';
import { Database } from '../infra/postgres/database.js';
import { SCHEDULE_ITEM } from '../infra/work/work.sql.js';
import { PrismaService } from '../infra/postgres/prisma.service.js';
import { REQUEST_BUDGET, within } from '../infra/stripe/deadline.js';
import { StripeCheckouts, type Checkout, type NewCheckout } from '../infra/stripe/stripe-checkouts.js';
import { StripeMissing, StripeKeyFailed, unavailable } from '../infra/stripe/stripe-error.js';
import { CustomerService } from './customer.service.js';
import { SyncService } from './sync.service.js';

/** A session with less time left than this, in milliseconds, is no longer handed out. */
const LEAST_LEFT = 10 * 60_000;
/** How often one request decides anew when Stripe's memory of an earlier one gets in the way. */
const MOST_DECISIONS = 10;

/** Selling Pro: one open checkout a person, and none while a subscription lives. */
@Injectable()
export class CheckoutService {
  /** Requests of one person share one decision in this process; between processes Stripe's idempotency does it. */
  private readonly running = new Map<string, Promise<Checkout>>();

  constructor(
    private readonly customers: CustomerService,
    private readonly checkouts: StripeCheckouts,
    private readonly syncs: SyncService,
    private readonly database: Database,
    private readonly prisma: PrismaService,
    private readonly settings: Settings,
  ) {}

  /**
   * The person's open checkout, or a new one.
   * @throws AppError `subscription.already_active`, `stripe.unavailable` within 10 s; a retry never makes a second one
   */
  open(userId: string): Promise<Checkout> {
    const running = this.running.get(userId);
    if (running) return running;
    const decision = within(REQUEST_BUDGET, () =>
      this.customers.withCustomer(userId, (customer) => this.decide(userId, customer)),
    ).finally(() => this.running.delete(userId));
    this.running.set(userId, decision);
    return decision;
  }

  private async decide(userId: string, customer: string): Promise<Checkout> {
    await this.expectPayment(customer);
    const offer = { userId, customer, returnUrl: this.returnUrl() };
    const spent = new Set<string>();
    for (let count = 0; count < MOST_DECISIONS; count++) {
      const checkout = await this.reuseOrCreate(offer, spent);
      if (checkout) return checkout;
    }
    throw unavailable(new Error('Stripe remembers only checkouts that failed or are over'));
  }

  /** Schedules a reconciliation, so that a payment whose events are all lost is found. */
  private async expectPayment(id: string): Promise<void> {
    const soon = new Date(Date.now() + 5 * 60_000);
    await this.prisma.db.stripeCustomer.updateMany({ where: { id }, data: { changedAt: new Date() } });
    await this.database.query(SCHEDULE_ITEM, ['customer-reconciliation', id, soon]);
  }

  /**
   * Subscriptions are read last: an open session that is paid meanwhile, or just as it is closed, shows as one.
   * @param spent decisions that Stripe remembers as failed; grows
   * @returns null when everything is to be looked at again
   */
  private async reuseOrCreate(offer: NewCheckout, spent: Set<string>): Promise<Checkout | null> {
    const known = await this.checkouts.list(offer.customer);
    const open = known.filter(({ status }) => status === 'open');
    const reused = open.find((session) => this.isUsable(offer, session));
    for (const surplus of open) if (surplus !== reused) await this.checkouts.expire(surplus.id);
    await this.refuseSecond(offer.customer, reused);
    return reused ?? this.create(offer, known[0]?.id ?? 'none', spent);
  }

  private isUsable(offer: NewCheckout, session: Checkout): boolean {
    return this.checkouts.isFor(offer, session) && session.expiresAt.getTime() > Date.now() + LEAST_LEFT;
  }

  /** What is open must not be paid beside a live subscription, nor under a customer who is gone, nor for nobody. */
  private async refuseSecond(customer: string, open: Checkout | undefined): Promise<void> {
    const truth = await this.syncs.sync(customer);
    const [live] = truth?.live ?? [];
    // What was open for nobody, the sync has closed.
    if (truth?.exists && truth.owner === null) throw new AppError('auth.unauthenticated');
    if (truth?.exists && !live) return;
    if (open) await this.checkouts.expire(open.id);
    if (!live) throw new StripeMissing('customer', new Error('the customer was deleted'));
    const detail =
      live.status === 'active' || live.status === 'trialing'
        ? 'You have Pro already.'
        : 'You have a subscription that waits for a payment: settle it in the portal.';
    throw new AppError('subscription.already_active', { detail });
  }

  /**
   * The decision: this offer, after the session that came before. One that failed is followed by the next of its row,
   * the same for everybody who meets the failure.
   */
  private async create(offer: NewCheckout, former: string, spent: Set<string>): Promise<Checkout | null> {
    let decision = `after ${former}`;
    while (spent.has(decision)) decision += ', again';
    try {
      const made = await this.checkouts.open(offer, decision);
      failpoint('checkout.created');
      await this.requirePerson(offer.userId, made);
      return made.status === 'open' ? made : null;
    } catch (error) {
      if (!(error instanceof StripeKeyFailed)) throw error;
      spent.add(decision);
      return null;
    }
  }

  /** Whose account was deleted meanwhile is not to pay. The sweep finds what this comes too early for. */
  private async requirePerson(userId: string, { id }: Checkout): Promise<void> {
    if ((await this.prisma.db.user.count({ where: { id: userId } })) > 0) return;
    await this.checkouts.expire(id);
    throw new AppError('auth.unauthenticated');
  }

  private returnUrl(): string {
    const { PUBLIC_URL, API_PREFIX } = this.settings;
    return [PUBLIC_URL, API_PREFIX, 'checkout'].filter(Boolean).join('/');
  }
}
