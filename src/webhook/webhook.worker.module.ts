import { Module } from '@nestjs/common';
import { SubscriptionModule } from '../subscription/subscription.module.js';
import { StripeEventWork } from './stripe-event.work.js';

/** Processing of stored events. */
@Module({ imports: [SubscriptionModule], providers: [StripeEventWork], exports: [StripeEventWork] })
export class WebhookWorkerModule {}
