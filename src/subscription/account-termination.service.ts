import { Injectable } from '@nestjs/common';
import type { Sql } from '../infra/postgres/database.js';
import { REQUEST_BUDGET, within } from '../infra/stripe/stripe.client.js';
import { StripeCheckouts } from '../infra/stripe/stripe-checkouts.js';
import { StripeSubscriptions } from '../infra/stripe/stripe-subscriptions.js';
import { isLive } from '../plan/plan.js';
import { CustomerService } from './customer.service.js';
import { RELEASE_CUSTOMER } from './sync.sql.js';

/** Ends the payments of an account that is being deleted. */
@Injectable()
export class AccountTerminationService {
  constructor(
    private readonly customers: CustomerService,
    private readonly checkouts: StripeCheckouts,
    private readonly subscriptions: StripeSubscriptions,
  ) {}

  /**
   * Expires the account's open checkouts and ends its subscriptions at once, at Stripe. Must run before anything of the
   * account is deleted; may be repeated. Calls Stripe only for an account that has a customer.
   * @throws AppError `subscription.refused`; `stripe.unavailable` after 9 s at the latest: the account must then stay as it is
   */
  async close(userId: string): Promise<void> {
    const customer = await this.customers.find(userId);
    if (customer) await within(REQUEST_BUDGET, () => this.endPayments(customer));
  }

  /**
   * Detaches the customer from an account that is being deleted. Its row stays, and it is reconciled in a minute, because
   * a request that is running now may open a checkout.
   * Locks the customer, so it must run before the same transaction locks the account.
   * @param sql the transaction that deletes the account
   * @throws AppError `service.unavailable`
   */
  async release(sql: Sql, userId: string): Promise<void> {
    await sql.query(RELEASE_CUSTOMER, [userId]);
  }

  /** Checkouts come first: one that is paid in between is then listed as a subscription. */
  private async endPayments(customer: string): Promise<void> {
    await this.checkouts.expireAll(customer);
    const { subscriptions } = await this.subscriptions.stateOf(customer);
    for (const { id, status } of subscriptions) {
      if (isLive(status)) await this.subscriptions.cancelNow(id);
    }
  }
}
