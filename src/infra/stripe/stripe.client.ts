import { Injectable, Logger } from '@nestjs/common';
import type Stripe from 'stripe';
import { Settings } from '../../config/settings.js';
import { connectStripe } from './connect.js';
import { timeLeft } from './deadline.js';
import { isMisconfigured, StripeMissing, translate, unavailable } from './stripe-error.js';
import { createHash } from 'node:crypto';

/** Milliseconds for one try of a call, where no deadline is set. */
const USUAL = 20_000;

/** The connection to Stripe, or to any server that speaks its wire format. */
@Injectable()
export class StripeClient {
  private readonly logger = new Logger(StripeClient.name);
  private readonly sdk: Stripe;

  constructor(settings: Settings) {
    this.sdk = connectStripe(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE);
  }

  /**
   * Makes one call within the time that is left.
   * @throws StripeMissing when the object is not there
   * @throws StripeSpent when its idempotency key can only bring a failure back
   * @throws AppError `stripe.unavailable` for everything else that Stripe did not carry out
   */
  async call<T>(request: (sdk: Stripe, options: Stripe.RequestOptions) => Promise<T>): Promise<T> {
    const left = timeLeft(USUAL);
    if (left <= 0) throw unavailable(new Error('no time left'));
    try {
      return await request(this.sdk, { timeout: left });
    } catch (error) {
      const translated = translate(error);
      if (!(translated instanceof StripeMissing) && isMisconfigured(error))
        this.logger.error({ err: error }, 'Stripe refuses a request: look at the key and the settings');
      throw translated;
    }
  }
}

/**
 * A key for what is asked of Stripe and the decision behind it, never for a moment: whoever decides the same asks
 * with the same key, and other parameters never meet a key that was used.
 */
export function idempotencyKey(kind: string, params: object, decision: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([params, decision]))
    .digest('base64url');
  return `${kind}-${hash}`;
}
