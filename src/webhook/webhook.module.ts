import { Module } from '@nestjs/common';
import { StripeModule } from '../infra/stripe/stripe.module.js';
import { SubscriptionModule } from '../subscription/subscription.module.js';
import { StripeEventWork } from './stripe-event.work.js';
import { WebhookInboxService } from './webhook-inbox.service.js';
import { ReplayService } from './replay.service.js';

/** The ledger of Stripe's events, and acting on them. */
@Module({
  imports: [StripeModule, SubscriptionModule],
  providers: [WebhookInboxService, StripeEventWork, ReplayService],
  exports: [WebhookInboxService, StripeEventWork, ReplayService],
})
export class WebhookModule {}
