import { Injectable } from '@nestjs/common';
import type { Sql } from '../infra/postgres/database.js';
import { REQUEST_BUDGET, within } from '../infra/stripe/deadline.js';
import { StripeCheckouts } from '../infra/stripe/stripe-checkouts.js';
import { StripeSubscriptions } from '../infra/stripe/stripe-subscriptions.js';
import { CustomerService } from './customer.service.js';
import { isLive } from '../plan/plan.js';
import { RELEASE_CUSTOMER } from './sync.sql.js';

/** The end of an account, as far as money goes. */
@Injectable()
export class AccountTerminationService {
  constructor(
    private readonly customers: CustomerService,
    private readonly checkouts: StripeCheckouts,
    private readonly subscriptions: StripeSubscriptions,
  ) {}

  /**
   * Closes the person's open checkouts and ends their subscriptions at once, at Stripe. To be called before anything
   * of the account is deleted; may be repeated. A person who never paid costs no call.
   * @throws AppError `stripe.unavailable` within 10 s: the account is then to stay as it is
   */
  async close(userId: string): Promise<void> {
    const customer = await this.customers.find(userId);
    if (customer) await within(REQUEST_BUDGET, () => this.end(customer));
  }

  /**
   * Lets go of the customer of a person who is being deleted: it stays known, but as nobody's. The sweep looks soon,
   * for a request that ran meanwhile may have opened a checkout.
   */
  async release(sql: Sql, userId: string): Promise<void> {
    await sql.query(RELEASE_CUSTOMER, [userId]);
  }

  /** Checkouts first: one that is paid in between shows as a subscription. */
  private async end(customer: string): Promise<void> {
    await this.checkouts.closeAll(customer);
    for (const { id, status } of await this.subscriptions.list(customer)) {
      if (isLive(status)) await this.subscriptions.cancelNow(id);
    }
  }
}
