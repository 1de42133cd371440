import { Injectable } from '@nestjs/common';
import { failpoint } from '../common/failpoint.js';
import { Settings } from '../config/settings.js';
import { Database } from '../infra/postgres/database.js';
import { PrismaService } from '../infra/postgres/prisma.service.js';
import { StripeCustomers, type CreatedCustomer } from '../infra/stripe/stripe-customers.js';
import { REQUEST_BUDGET, StripeKeyFailed, StripeMissing, within } from '../infra/stripe/stripe.client.js';
import { clientUrl } from './return-url.js';
import { EXPECT_PAYMENT, FIND_CHECKOUT_CUSTOMER, RECORD_CHECKOUT } from './sync.sql.js';
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
   * @param work its `isNew` says that the customer was created by this call, so that it has nothing at Stripe yet
   * @throws AppError `stripe.unavailable`, `subscription.refused`, `service.unavailable`, and what `work` throws
   */
  async withCustomer<T>(userId: string, work: (customer: CreatedCustomer) => Promise<T>): Promise<T> {
    const customer = await this.ensure(userId);
    try {
      return await work(customer);
    } catch (error) {
      if (!(error instanceof StripeMissing) || error.param !== 'customer') throw error;
      await this.syncs.syncMissing(customer.id);
      return work((await this.findKnown(userId)) ?? (await this.create(userId, customer.id)));
    }
  }

  /**
   * Opens Stripe's customer portal for the account.
   * @returns the portal's short-lived address
   * @throws AppError `stripe.unavailable` after 9 s at the latest, `subscription.refused`, `service.unavailable`
   */
  async openPortal(userId: string): Promise<{ url: string }> {
    const open = ({ id }: CreatedCustomer) => this.stripe.openPortal(id, clientUrl(this.settings));
    return { url: await within(REQUEST_BUDGET, () => this.withCustomer(userId, open)) };
  }

  /**
   * Schedules a reconciliation of the customer in 5 minutes, so that a payment whose events are all lost is found.
   * @throws AppError `service.unavailable`
   */
  async expectPayment(customer: string): Promise<void> {
    await this.database.query(EXPECT_PAYMENT, [customer]);
  }

  /**
   * Stores the checkout that was opened for the customer, so that the return from it is known as one of ours.
   * @throws AppError `service.unavailable`
   */
  async recordCheckout(customer: string, checkoutId: string): Promise<void> {
    await this.database.query(RECORD_CHECKOUT, [customer, checkoutId]);
  }

  /**
   * The account that opened a checkout, and its customer; null for a checkout that is not the latest of any customer.
   * @throws AppError `service.unavailable`
   */
  async findByCheckout(checkoutId: string): Promise<{ id: string; userId: string } | null> {
    const [row] = await this.database.query(FIND_CHECKOUT_CUSTOMER, [checkoutId]);
    return row?.userId ? { id: row.id, userId: row.userId } : null;
  }

  private async ensure(userId: string): Promise<CreatedCustomer> {
    return (await this.findKnown(userId)) ?? this.create(userId, 'first');
  }

  private async findKnown(userId: string): Promise<CreatedCustomer | null> {
    const id = await this.find(userId);
    return id === null ? null : { id, isNew: false };
  }

  /**
   * The idempotency key names the decision, the account's customer after the former one, so that concurrent calls get the
   * same customer from Stripe. The first row that is inserted counts.
   * @param after the former customer, which was detached, or `first`
   */
  private async create(userId: string, after: string): Promise<CreatedCustomer> {
    let former = after;
    for (let count = 0; count < MAX_CREATIONS; count++) {
      const created = await this.createAfter(userId, former);
      if (created === null) {
        former = `${former}-failed`;
        continue;
      }
      const { id, isNew } = created;
      failpoint('customer.created');
      await this.prisma.db.stripeCustomer.createMany({ data: { id, userId }, skipDuplicates: true });
      const stored = await this.find(userId);
      if (stored) return { id: stored, isNew: isNew && stored === id };
      former = id;
    }
    throw new Error('Stripe returned only customers that were detached from their accounts');
  }

  /** Null when Stripe returns the stored failure of this decision's idempotency key. */
  private async createAfter(userId: string, former: string): Promise<CreatedCustomer | null> {
    try {
      return await this.stripe.create(userId, `customer-${userId}-${former}`);
    } catch (error) {
      if (error instanceof StripeKeyFailed) return null;
      throw error;
    }
  }
}
