import { Injectable } from '@nestjs/common';
import { failpoint } from '../common/failpoint.js';
import { Settings } from '../config/settings.js';
import { Database } from '../infra/postgres/database.js';
import { PrismaService } from '../infra/postgres/prisma.service.js';
import { StripeCustomers } from '../infra/stripe/stripe-customers.js';
import { REQUEST_BUDGET, StripeKeyFailed, StripeMissing, within } from '../infra/stripe/stripe.client.js';
import { clientUrl } from './return-url.js';
import { EXPECT_PAYMENT } from './sync.sql.js';
import { SyncService, type SyncResult } from './sync.service.js';

/** Customers created for one account in one call at most, each after the former was detached or could not be created. */
const MAX_CREATIONS = 20;

/** Which Stripe customer belongs to which account. */
@Injectable()
export class CustomerService {
  constructor(
    private readonly database: Database,
    private readonly prisma: PrismaService,
    private readonly stripe: StripeCustomers,
    private readonly syncs: SyncService,
    private readonly settings: Settings,
  ) {}

  /** The account's customer id at Stripe, or null. @throws AppError `service.unavailable` */
  async find(userId: string): Promise<string | null> {
    const row = await this.prisma.db.stripeCustomer.findUnique({ where: { userId }, select: { id: true } });
    return row?.id ?? null;
  }

  /** Whether the account still exists. @throws AppError `service.unavailable` */
  async accountExists(userId: string): Promise<boolean> {
    return (await this.prisma.db.user.count({ where: { id: userId } })) > 0;
  }

  /**
   * Syncs the account's customer.
   * @returns what Stripe said; null for an account without a customer
   * @throws AppError `stripe.unavailable`, `service.unavailable`
   */
  async sync(userId: string): Promise<SyncResult | null> {
    const customer = await this.find(userId);
    return customer === null ? null : this.syncs.sync(customer);
  }

  /**
   * Calls `work` with the account's customer, which is created if there is none; concurrent calls get the same one. When
   * Stripe reports during `work` that the customer was deleted, the customer is detached and `work` runs again with a new one.
   * @throws AppError `stripe.unavailable`, `service.unavailable`, and what `work` throws
   */
  async withCustomer<T>(userId: string, work: (customer: string) => Promise<T>): Promise<T> {
    const customer = await this.ensure(userId);
    try {
      return await work(customer);
    } catch (error) {
      if (!(error instanceof StripeMissing) || error.param !== 'customer') throw error;
      await this.syncs.sync(customer);
      return work(await this.ensure(userId));
    }
  }

  /**
   * Opens Stripe's customer portal for the account.
   * @returns the portal's short-lived address
   * @throws AppError `stripe.unavailable` after 9 s at the latest, `service.unavailable`
   */
  async openPortal(userId: string): Promise<{ url: string }> {
    const open = (customer: string) => this.stripe.openPortal(customer, clientUrl(this.settings));
    return { url: await within(REQUEST_BUDGET, () => this.withCustomer(userId, open)) };
  }

  /**
   * Schedules a reconciliation of the customer in 5 minutes, so that a payment whose events are all lost is found.
   * @throws AppError `service.unavailable`
   */
  async expectPayment(customer: string): Promise<void> {
    await this.database.query(EXPECT_PAYMENT, [customer]);
  }

  private async ensure(userId: string): Promise<string> {
    return (await this.find(userId)) ?? this.create(userId);
  }

  /**
   * The idempotency key names the decision, the account's customer after the former one, so that concurrent calls get the
   * same customer from Stripe. The first row that is inserted counts.
   */
  private async create(userId: string): Promise<string> {
    let former = 'first';
    for (let count = 0; count < MAX_CREATIONS; count++) {
      const id = await this.createAfter(userId, former);
      if (id === null) {
        former = `${former}-failed`;
        continue;
      }
      failpoint('customer.created');
      await this.prisma.db.stripeCustomer.createMany({ data: { id, userId }, skipDuplicates: true });
      const stored = await this.find(userId);
      if (stored) return stored;
      former = id;
    }
    throw new Error('Stripe returned only customers that were detached from their accounts');
  }

  /** Null when Stripe returns the stored failure of this decision's idempotency key. */
  private async createAfter(userId: string, former: string): Promise<string | null> {
    try {
      return await this.stripe.create(userId, `customer-${userId}-${former}`);
    } catch (error) {
      if (error instanceof StripeKeyFailed) return null;
      throw error;
    }
  }
}
