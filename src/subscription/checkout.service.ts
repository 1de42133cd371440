import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import { failpoint } from '../common/failpoint.js';
import { Settings } from '../config/settings.js';
import { IdempotencyService, type OnceResponse } from '../infra/idempotency/idempotency.service.js';
import type { CreatedCustomer } from '../infra/stripe/stripe-customers.js';
import { StripeCheckouts, type Checkout, type CheckoutOffer } from '../infra/stripe/stripe-checkouts.js';
import {
  REQUEST_BUDGET,
  StripeKeyFailed,
  StripeMissing,
  stripeUnavailable,
  within,
} from '../infra/stripe/stripe.client.js';
import { CustomerService } from './customer.service.js';
import { checkoutReturnUrl } from './return-url.js';
import { toCheckout } from './subscription.dto.js';
import { SyncService } from './sync.service.js';

/** Milliseconds that an open session must still have before it expires to be returned again. */
const MIN_TIME_LEFT = 10 * 60_000;
/** Decisions that one request makes at most while Stripe returns stored failures or expired sessions. */
const MAX_DECISIONS = 10;

/** Sells Pro: at most one open checkout per account, and none while a subscription is live. */
@Injectable()
export class CheckoutService {
  /** Concurrent requests of one account share one decision in this process; between processes Stripe's idempotency does it. */
  private readonly running = new Map<string, Promise<Checkout>>();

  constructor(
    private readonly customers: CustomerService,
    private readonly checkouts: StripeCheckouts,
    private readonly syncs: SyncService,
    private readonly idempotency: IdempotencyService,
    private readonly settings: Settings,
  ) {}

  /**
   * Returns the account's open checkout, or opens one.
   * The effect is at Stripe, where the key of the decision makes it happen once: it may be repeated.
   * @param key the request's `Idempotency-Key`, if it has one
   * @throws AppError `subscription.already_active`, `subscription.refused`, `idempotency.*`; `stripe.unavailable` after 9 s at the latest; a retry
   * never opens a second checkout
   */
  subscribe(userId: string, key: string | undefined): Promise<OnceResponse> {
    const request = { userId, key, route: 'POST /subscribe/pro', body: null };
    return this.idempotency.onceElsewhere(request, 201, async () => toCheckout(await this.open(userId)));
  }

  private open(userId: string): Promise<Checkout> {
    const running = this.running.get(userId);
    if (running) return running;
    const decision = within(REQUEST_BUDGET, () =>
      this.customers.withCustomer(userId, (customer) => this.offer(userId, customer)),
    ).finally(() => this.running.delete(userId));
    this.running.set(userId, decision);
    return decision;
  }

  /** Stores the id of the checkout before the person learns its address, so that the return from it is known. */
  private async offer(userId: string, customer: CreatedCustomer): Promise<Checkout> {
    await this.customers.expectPayment(customer.id);
    const offer = { userId, customer: customer.id, returnUrl: checkoutReturnUrl(this.settings) };
    const checkout = await this.decide(offer, customer.isNew);
    await this.customers.recordCheckout(customer.id, checkout.id);
    return checkout;
  }

  private async decide(offer: CheckoutOffer, isNew: boolean): Promise<Checkout> {
    const failed = new Set<string>();
    for (let count = 0; count < MAX_DECISIONS; count++) {
      const known = isNew && count === 0 ? [] : await this.checkouts.list(offer.customer);
      const checkout = await this.reuseOrCreate(offer, known, failed);
      if (checkout) return checkout;
    }
    throw stripeUnavailable(
      new Error('Stripe returns only checkouts that failed, were paid or have expired'),
    );
  }

  /**
   * Subscriptions are read last: a session that is paid meanwhile, or just before it is expired, is then listed as one.
   * @param known the customer's sessions, newest first
   * @param failed decisions whose stored failure Stripe returns; this call adds to it
   * @returns null when the decision must be made again
   */
  private async reuseOrCreate(
    offer: CheckoutOffer,
    known: Checkout[],
    failed: Set<string>,
  ): Promise<Checkout | null> {
    const open = known.filter(({ status }) => status === 'open');
    const reused = open.find((session) => this.isUsable(offer, session));
    for (const surplus of open) if (surplus !== reused) await this.checkouts.expire(surplus.id);
    if (known.some(({ customerDeleted }) => customerDeleted)) throw customerDeleted();
    await this.refuseSecond(offer.customer, reused);
    return reused ?? this.create(offer, known[0]?.id ?? 'none', failed);
  }

  private isUsable(offer: CheckoutOffer, session: Checkout): boolean {
    if (session.customerDeleted) return false;
    return this.checkouts.isFor(offer, session) && session.expiresAt.getTime() > Date.now() + MIN_TIME_LEFT;
  }

  /** Refuses beside a live subscription, for a deleted account and for a deleted customer, and expires the open session. */
  private async refuseSecond(customer: string, open: Checkout | undefined): Promise<void> {
    const result = await this.syncs.sync(customer);
    const [live] = result?.live ?? [];
    // The sync has expired the open session of a customer without an account.
    const exists = result !== null && result.exists !== false;
    if (exists && result.owner === null) throw new AppError('auth.unauthenticated');
    if (exists && !live) return;
    if (open) await this.checkouts.expire(open.id);
    if (!live) throw customerDeleted();
    const detail =
      live.status === 'active' || live.status === 'trialing'
        ? 'You have a subscription already: the portal shows it.'
        : 'You have a subscription that waits for a payment: settle it in the portal.';
    throw new AppError('subscription.already_active', { detail });
  }

  /**
   * Opens a session for the decision "this offer, after the former session". Where Stripe stored a failure for it, the
   * next decision in the row is used, which is the same in every process.
   * @returns null when the decision must be made again
   */
  private async create(offer: CheckoutOffer, former: string, failed: Set<string>): Promise<Checkout | null> {
    let decision = `after ${former}`;
    while (failed.has(decision)) decision += ', again';
    try {
      const created = await this.checkouts.open(offer, decision);
      failpoint('checkout.created');
      await this.requireAccount(offer.userId, created);
      return created.status === 'open' ? created : null;
    } catch (error) {
      if (!(error instanceof StripeKeyFailed)) throw error;
      failed.add(decision);
      return null;
    }
  }

  /** Expires the session of an account that was deleted meanwhile. Reconciliation does it for one deleted after this check. */
  private async requireAccount(userId: string, { id }: Checkout): Promise<void> {
    if (await this.customers.accountExists(userId)) return;
    await this.checkouts.expire(id);
    throw new AppError('auth.unauthenticated');
  }
}

function customerDeleted(): StripeMissing {
  return new StripeMissing('customer', new Error('The customer was deleted at Stripe.'));
}
