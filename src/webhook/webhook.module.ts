import { Module } from '@nestjs/common';
import { StripeModule } from '../infra/stripe/stripe.module.js';
import { ReplayService } from './replay.service.js';
import { WebhookService } from './webhook.service.js';

/** The inbox of Stripe's events. */
@Module({
  imports: [StripeModule],
  providers: [WebhookService, ReplayService],
  exports: [WebhookService, ReplayService],
})
export class WebhookModule {}
