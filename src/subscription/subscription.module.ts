import { Module } from '@nestjs/common';
import { StripeModule } from '../infra/stripe/stripe.module.js';
import { AccountTerminationService } from './account-termination.service.js';
import { CustomerService } from './customer.service.js';
import { ReconciliationWork } from './reconciliation.work.js';
import { SyncService } from './sync.service.js';

/** What both processes need of subscriptions: bringing them in line with Stripe, and ending them. */
@Module({
  imports: [StripeModule],
  providers: [CustomerService, SyncService, ReconciliationWork, AccountTerminationService],
  exports: [CustomerService, SyncService, ReconciliationWork, AccountTerminationService],
})
export class SubscriptionModule {}
