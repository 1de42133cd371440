import { Injectable } from '@nestjs/common';
import { PrismaService } from '../infra/postgres/prisma.service.js';
import { REQUEST_BUDGET, within } from '../infra/stripe/deadline.js';
import { QuotaService } from '../quota/quota.service.js';
import { BillingService } from './billing.service.js';
import { PlanService } from '../plan/plan.service.js';
import { toStatus, type SubscriptionStatusDto } from './subscription.dto.js';

/** A person's subscription, once there is one. */
@Injectable()
export class SubscriptionService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly plans: PlanService,
    private readonly quota: QuotaService,
    private readonly billing: BillingService,
  ) {}

  /** What is known here of the person's plan and day; never waits for Stripe. */
  async status(userId: string): Promise<SubscriptionStatusDto> {
    const row = await this.prisma.db.subscription.findUnique({ where: { userId } });
    const tier = this.plans.tier(row);
    return toStatus(tier, row, await this.quota.usage(userId, this.plans.dailyLimit(tier)));
  }

  /**
   * Plans the end at the end of the paid period, of every live subscription. May be repeated.
   * @throws AppError `subscription.not_active`, `stripe.unavailable`
   */
  async cancel(userId: string): Promise<SubscriptionStatusDto> {
    await within(REQUEST_BUDGET, () => this.billing.cancel(userId));
    return this.status(userId);
  }

  /**
   * Takes a planned end back. May be repeated.
   * @throws AppError `subscription.not_active`, `stripe.unavailable`
   */
  async resume(userId: string): Promise<SubscriptionStatusDto> {
    await within(REQUEST_BUDGET, () => this.billing.resume(userId));
    return this.status(userId);
  }

  /** The address of Stripe's portal for this person. @throws AppError `stripe.unavailable` */
  async portal(userId: string): Promise<{ url: string }> {
    return { url: await within(REQUEST_BUDGET, () => this.billing.portal(userId)) };
  }
}
