import { Injectable } from '@nestjs/common';
import { failpoint } from '../common/failpoint.js';
import { PrismaService } from '../infra/postgres/prisma.service.js';
import { StripeCustomers } from '../infra/stripe/stripe-customers.js';
import { StripeMissing, StripeKeyFailed } from '../infra/stripe/stripe-error.js';
import { SyncService } from './sync.service.js';

/** Customers that were made for one person one after another, each after the former was deleted or could not be made. */
const MOST_FORMER = 20;

/** Which Stripe customer is whose. */
@Injectable()
export class CustomerService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly stripe: StripeCustomers,
    private readonly syncs: SyncService,
  ) {}

  /** The person's customer, if there is one. */
  async find(userId: string): Promise<string | null> {
    const row = await this.prisma.db.stripeCustomer.findUnique({ where: { userId }, select: { id: true } });
    return row?.id ?? null;
  }

  /**
   * Does something with the person's customer, made once whatever the concurrency. When Stripe turns out to have
   * deleted it, the sync lets go of it, and `work` is done again with a new one.
   * @throws AppError `stripe.unavailable`, and what `work` throws
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

  private async ensure(userId: string): Promise<string> {
    return (await this.find(userId)) ?? this.create(userId);
  }

  /**
   * The key names the decision: the person's customer after their former one. Everyone who decides the same at the
   * same time gets the same customer of Stripe, and the first row wins.
   */
  private async create(userId: string): Promise<string> {
    let former = 'first';
    for (let count = 0; count < MOST_FORMER; count++) {
      const id = await this.make(userId, former);
      if (id === null) {
        former = `${former}-failed`;
        continue;
      }
      failpoint('customer.created');
      await this.prisma.db.stripeCustomer.createMany({ data: { id, userId }, skipDuplicates: true });
      const mine = await this.find(userId);
      if (mine) return mine;
      former = id;
    }
    throw new Error('Stripe gave only customers that were let go of');
  }

  /** Null when Stripe began this one, failed, and would say so again for a day. */
  private async make(userId: string, former: string): Promise<string | null> {
    try {
      return await this.stripe.create(userId, `customer-${userId}-${former}`);
    } catch (error) {
      if (error instanceof StripeKeyFailed) return null;
      throw error;
    }
  }
}
