import { Module } from '@nestjs/common';
import { StripeModule } from '../infra/stripe/stripe.module.js';
import { ClosingService } from './closing.service.js';
import { CustomerService } from './customer.service.js';
import { SweepService } from './sweep.service.js';
import { SyncService } from './sync.service.js';

/** What both processes need of subscriptions: bringing them in line with Stripe, and ending them. */
@Module({
  imports: [StripeModule],
  providers: [CustomerService, SyncService, SweepService, ClosingService],
  exports: [CustomerService, SyncService, SweepService, ClosingService],
})
export class SubscriptionModule {}
