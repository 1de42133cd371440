import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { IdempotencyModule } from '../infra/idempotency/idempotency.module.js';
import { RateLimitModule } from '../infra/rate-limit/rate-limit.module.js';
import { StripeModule } from '../infra/stripe/stripe.module.js';
import { PlanModule } from '../plan/plan.module.js';
import { QuotaModule } from '../quota/quota.module.js';
import { CheckoutController } from './checkout.controller.js';
import { CheckoutReturnService } from './checkout-return.service.js';
import { CheckoutService } from './checkout.service.js';
import { SubscriptionController } from './subscription.controller.js';
import { SubscriptionModule } from './subscription.module.js';
import { SubscriptionService } from './subscription.service.js';

/** The routes about subscriptions. */
@Module({
  imports: [
    AuthModule,
    StripeModule,
    SubscriptionModule,
    PlanModule,
    QuotaModule,
    RateLimitModule,
    IdempotencyModule,
  ],
  controllers: [SubscriptionController, CheckoutController],
  providers: [CheckoutService, SubscriptionService, CheckoutReturnService],
})
export class SubscriptionApiModule {}
