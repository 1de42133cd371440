import { Module } from '@nestjs/common';
import { StripeModule } from '../infra/stripe/stripe.module.js';
import { SubscriptionModule } from '../subscription/subscription.module.js';
import { StripeEventWork } from './stripe-event.work.js';

/** Processing of stored events. */
@Module({
  imports: [StripeModule, SubscriptionModule],
  providers: [StripeEventWork],
  exports: [StripeEventWork],
})
export class WebhookWorkerModule {}
