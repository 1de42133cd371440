import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AppError } from '../../common/errors/app-error.js';
import { Settings } from '../../config/settings.js';
import { RateLimitStorage } from './rate-limit.storage.js';

/**
 * Whose requests of a minute are counted together: those of an address that end without a known user, those of an address
 * to the routes of sign-in, those of a user, or those of a user to the routes that call Stripe.
 */
export type BurstLimit = 'anonymous' | 'ip' | 'user' | 'billing';

const MINUTE = 60_000;

/** The burst limits of the settings. The `RateLimit-*` headers show the limit with the fewest requests left. */
@Injectable()
export class BurstLimits {
  private readonly limits: Record<BurstLimit, number>;

  constructor(
    settings: Settings,
    private readonly storage: RateLimitStorage,
  ) {
    this.limits = {
      anonymous: settings.ANONYMOUS_RATE_LIMIT_PER_MINUTE,
      ip: settings.AUTH_RATE_LIMIT_PER_MINUTE,
      user: settings.RATE_LIMIT_PER_MINUTE,
      billing: settings.BILLING_RATE_LIMIT_PER_MINUTE,
    };
  }

  /** Whether this process knows, without asking Redis, that the next request would be refused. */
  isSpent(name: BurstLimit, key: string): Promise<boolean> {
    return this.storage.isSpent(name, key, { limit: this.limits[name], ttl: MINUTE });
  }

  /**
   * Counts one request and tells the limit in the response's headers.
   * @param key whose request it is: the network of an address, or the id of a user
   * @throws AppError `rate_limit.exceeded`
   */
  async count(name: BurstLimit, key: string, reply: FastifyReply): Promise<void> {
    const limit = this.limits[name];
    const count = await this.storage.increment(name, key, { limit, ttl: MINUTE });
    const remaining = Math.max(0, limit - count.hits);
    if (remaining <= Number(reply.getHeader('RateLimit-Remaining') ?? Infinity))
      void reply.headers({
        'RateLimit-Limit': limit,
        'RateLimit-Remaining': remaining,
        'RateLimit-Reset': count.seconds,
      });
    if (count.hits > limit) throw new AppError('rate_limit.exceeded', { retryAfter: count.seconds });
  }
}
