import { Module } from '@nestjs/common';
import { StripeModule } from '../infra/stripe/stripe.module.js';
import { AccountTerminationService } from './account-termination.service.js';
import { CustomerService } from './customer.service.js';
import { SyncService } from './sync.service.js';

/** Customers and their subscriptions, for both processes: syncing them with Stripe, and ending them with an account. */
@Module({
  imports: [StripeModule],
  providers: [CustomerService, SyncService, AccountTerminationService],
  exports: [CustomerService, SyncService, AccountTerminationService],
})
export class SubscriptionModule {}
