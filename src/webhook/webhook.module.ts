import { Module } from '@nestjs/common';
import { StripeModule } from '../infra/stripe/stripe.module.js';
import { SubscriptionModule } from '../subscription/subscription.module.js';
import { EventService } from './event.service.js';
import { EventSweep } from './event-sweep.js';
import { LedgerService } from './ledger.service.js';
import { ReplayService } from './replay.service.js';

/** The ledger of Stripe's events, and acting on them. */
@Module({
  imports: [StripeModule, SubscriptionModule],
  providers: [LedgerService, EventService, EventSweep, ReplayService],
  exports: [LedgerService, EventService, EventSweep, ReplayService],
})
export class WebhookModule {}
