import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import { Settings } from '../config/settings.js';
import { StripePortal } from '../infra/stripe/stripe-portal.js';
import { endsWithPeriod, StripeSubscriptions } from '../infra/stripe/stripe-subscriptions.js';
import { CustomerService } from './customer.service.js';
import { clientUrlOf } from './checkout-return.service.js';
import { SyncService, type SyncResult } from './sync.service.js';

/** What a person asks of Stripe about their subscription. Each change is read back through the one sync. */
@Injectable()
export class BillingService {
  constructor(
    private readonly customers: CustomerService,
    private readonly syncs: SyncService,
    private readonly subscriptions: StripeSubscriptions,
    private readonly portals: StripePortal,
    private readonly settings: Settings,
  ) {}

  async cancel(userId: string): Promise<void> {
    const { customer, live } = await this.requireLive(userId);
    for (const one of live) {
      if (one.status === 'incomplete') await this.subscriptions.cancelNow(one.id);
      else if (!endsWithPeriod(one)) await this.subscriptions.endAtPeriodEnd(one);
    }
    await this.syncs.sync(customer);
  }

  async resume(userId: string): Promise<void> {
    const { customer, live } = await this.requireLive(userId);
    const [best] = live;
    if (best?.endsAt) await this.subscriptions.keep(best);
    await this.syncs.sync(customer);
  }

  async portal(userId: string): Promise<string> {
    return this.customers.withCustomer(userId, (customer) =>
      this.portals.open(customer, clientUrlOf(this.settings)),
    );
  }

  private async requireLive(userId: string): Promise<SyncResult & { customer: string }> {
    const customer = await this.customers.find(userId);
    const truth = customer && (await this.syncs.sync(customer));
    if (!truth || truth.live.length === 0) throw new AppError('subscription.not_active');
    return { ...truth, customer };
  }
}
