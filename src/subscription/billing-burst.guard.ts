import { applyDecorators, Injectable, UseGuards } from '@nestjs/common';
import { UserBurstGuard } from '../auth/burst.guards.js';
import type { RateLimitName } from '../infra/rate-limit/rate-limit.module.js';

/** Limits the requests of one account that lead to calls of Stripe, whose rate limit all accounts share. */
@Injectable()
class BillingBurstGuard extends UserBurstGuard {
  protected override readonly limitName: RateLimitName = 'billing';
}

/** For a route that calls Stripe: `BILLING_RATE_LIMIT_PER_MINUTE` requests of an account over all such routes together. */
export const BillingLimited = () => applyDecorators(UseGuards(BillingBurstGuard));
