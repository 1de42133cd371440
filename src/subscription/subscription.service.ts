import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import { PrismaService } from '../infra/postgres/prisma.service.js';
import { REQUEST_BUDGET, within } from '../infra/stripe/stripe.client.js';
import {
  endsWithPeriod,
  StripeSubscriptions,
  type ProSubscription,
} from '../infra/stripe/stripe-subscriptions.js';
import { PlanService } from '../plan/plan.service.js';
import { QuotaService } from '../quota/quota.service.js';
import { CustomerService } from './customer.service.js';
import { toStatus, type SubscriptionStatusDto } from './subscription.dto.js';

/** The account's subscription. Every change is made at Stripe and read back by a sync. */
@Injectable()
export class SubscriptionService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly plans: PlanService,
    private readonly quota: QuotaService,
    private readonly customers: CustomerService,
    private readonly subscriptions: StripeSubscriptions,
  ) {}

  /**
   * The plan, the subscription and the day's usage as stored here. Never calls Stripe.
   * @throws AppError `service.unavailable`
   */
  async status(userId: string): Promise<SubscriptionStatusDto> {
    const row = await this.prisma.db.subscription.findUnique({ where: { userId } });
    const tier = this.plans.tier(row);
    return toStatus(tier, row, await this.quota.usage(userId, this.plans.dailyLimit(tier)));
  }

  /**
   * Plans the end of every live subscription at the end of its paid period. May be repeated.
   * @throws AppError `subscription.not_active`, `subscription.refused`; `stripe.unavailable` after 9 s at the latest
   */
  async cancel(userId: string): Promise<SubscriptionStatusDto> {
    await within(REQUEST_BUDGET, async () => {
      const renewing = (await this.requireLive(userId)).filter((one) => !endsWithPeriod(one));
      for (const subscription of renewing) await this.planEnd(subscription);
      if (renewing.length > 0) await this.customers.sync(userId);
    });
    return this.status(userId);
  }

  /**
   * Removes the planned end of the best live subscription. May be repeated.
   * @throws AppError `subscription.not_active`, `subscription.refused`; `stripe.unavailable` after 9 s at the latest
   */
  async resume(userId: string): Promise<SubscriptionStatusDto> {
    await within(REQUEST_BUDGET, async () => {
      const [best] = await this.requireLive(userId);
      if (!best?.endsAt) return;
      await this.subscriptions.removePlannedEnd(best);
      await this.requireLive(userId);
    });
    return this.status(userId);
  }

  /** Stripe cannot plan the end of an incomplete subscription; nothing was paid for it, so it ends at once. */
  private async planEnd(subscription: ProSubscription): Promise<void> {
    if (subscription.status === 'incomplete') await this.subscriptions.cancelNow(subscription.id);
    else await this.subscriptions.endAtPeriodEnd(subscription);
  }

  /** Live subscriptions, the best first; at least one. */
  private async requireLive(userId: string): Promise<ProSubscription[]> {
    const result = await this.customers.sync(userId);
    if (!result || result.live.length === 0) throw new AppError('subscription.not_active');
    return result.live;
  }
}
