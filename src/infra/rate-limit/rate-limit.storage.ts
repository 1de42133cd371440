import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RedisClient } from '../redis/connect.js';
import { REDIS } from '../redis/redis.module.js';

type Count = Awaited<ReturnType<ThrottlerStorage['increment']>>;

interface Limiters {
  local: RateLimiterMemory;
  shared: RateLimiterRedis;
}

/** Milliseconds without Redis after it failed: one request in that time tries it, and only that one waits. */
const PAUSE = 5_000;

/**
 * Counts in Redis, for all processes together, and in this process at the same time; the higher count holds.
 * So a Redis that is dead, hung or flushed never opens the limit.
 */
@Injectable()
export class RateLimitStorage implements ThrottlerStorage {
  private readonly logger = new Logger(RateLimitStorage.name);
  private readonly limiters = new Map<string, Limiters>();
  private retryAt = 0;

  constructor(@Inject(REDIS) private readonly redis: RedisClient) {}

  /** @param ttl milliseconds; the times of the result are seconds */
  async increment(
    key: string,
    ttl: number,
    limit: number,
    _block: number,
    throttler: string,
  ): Promise<Count> {
    const { local, shared } = this.limitersOf(throttler, limit, ttl);
    const mine = await consume(local, key);
    const all = mine.consumedPoints > limit ? null : await this.consumeShared(shared, key);
    const count = all && all.consumedPoints > mine.consumedPoints ? all : mine;
    const seconds = Math.max(1, Math.ceil(count.msBeforeNext / 1000));
    const isBlocked = count.consumedPoints > limit;
    return { totalHits: count.consumedPoints, timeToExpire: seconds, isBlocked, timeToBlockExpire: seconds };
  }

  /** Null while Redis cannot be asked. */
  private async consumeShared(limiter: RateLimiterRedis, key: string): Promise<RateLimiterRes | null> {
    const now = Date.now();
    if (now < this.retryAt) return null;
    if (this.retryAt > 0) this.retryAt = now + PAUSE;
    try {
      const count = await consume(limiter, key);
      this.retryAt = 0;
      return count;
    } catch (error) {
      if (this.retryAt === 0)
        this.logger.warn(`limits are counted by each process alone: ${(error as Error).message}`);
      this.retryAt = Date.now() + PAUSE;
      return null;
    }
  }

  private limitersOf(name: string, points: number, ttl: number): Limiters {
    const known = this.limiters.get(name);
    if (known) return known;
    const options = { points, duration: ttl / 1000, keyPrefix: `rate:${name}` };
    const made = {
      local: new RateLimiterMemory(options),
      shared: new RateLimiterRedis({ ...options, storeClient: this.redis }),
    };
    this.limiters.set(name, made);
    return made;
  }
}

/** A refusal is a count like any other. */
async function consume(limiter: RateLimiterMemory | RateLimiterRedis, key: string): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key);
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return refused;
    throw refused;
  }
}
