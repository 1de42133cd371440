import { Injectable } from '@nestjs/common';
import { IdempotencyService, type OnceResponse } from '../infra/idempotency/idempotency.service.js';
import { CheckoutService } from './checkout.service.js';
import { toCheckout } from './subscription.dto.js';

/** A request to buy Pro, with or without an `Idempotency-Key`. */
@Injectable()
export class SubscribeService {
  constructor(
    private readonly checkouts: CheckoutService,
    private readonly idempotency: IdempotencyService,
  ) {}

  /**
   * The effect is at Stripe, and may be repeated: there the decision's own key makes it one.
   * @throws AppError `subscription.already_active`, `stripe.unavailable`, `idempotency.*`
   */
  subscribe(userId: string, key: string | undefined): Promise<OnceResponse> {
    const request = { userId, key, route: 'POST /subscribe/pro', body: null };
    return this.idempotency.onceElsewhere(request, 201, async () =>
      toCheckout(await this.checkouts.open(userId)),
    );
  }
}
