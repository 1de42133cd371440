import { Inject, Injectable, Logger } from '@nestjs/common';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { OutageLog } from '../../common/outage-log.js';
import { Timing } from '../../config/timing.js';
import type { RedisClient } from '../redis/connect.js';
import { REDIS } from '../redis/redis.module.js';

/** At most `limit` requests in `ttl` milliseconds. */
export interface RateLimit {
  limit: number;
  ttl: number;
}

export interface RateCount {
  /** Requests so far, the counted one included. */
  hits: number;
  /** Until all are there again. */
  seconds: number;
}

interface Limiters {
  local: RateLimiterMemory;
  shared: RateLimiterRedis;
}

/**
 * Counts in Redis, for all processes together, and in this process at the same time; the higher count decides. A Redis
 * that is dead, hung or flushed therefore never opens a limit. The `insuranceLimiter` of rate-limiter-flexible is not
 * enough for that: it begins to count at 0 when Redis fails, keeps no count for a flushed Redis, and lets every request
 * wait for a hung one.
 */
@Injectable()
export class RateLimitStorage {
  private readonly outage = new OutageLog(
    new Logger(RateLimitStorage.name),
    'limits are counted by each process alone',
  );
  private readonly limiters = new Map<string, Limiters>();
  /** Until then Redis is not asked; 0 while it responds. */
  private retryAt = 0;

  constructor(
    @Inject(REDIS) private readonly redis: RedisClient,
    private readonly times: Timing,
  ) {}

  /**
   * Counts one request.
   * @param name of the limit, part of the key in Redis
   * @param key whose requests are counted together
   */
  async increment(name: string, key: string, { limit, ttl }: RateLimit): Promise<RateCount> {
    const { local, shared } = this.limitersOf(name, limit, ttl);
    const own = await consume(local, key);
    const all = own.consumedPoints > limit ? null : await this.askShared(() => consume(shared, key));
    return toCount(own, all);
  }

  /** Whether this process alone has counted as many requests as are allowed. */
  async isSpent(name: string, key: string, { limit, ttl }: RateLimit): Promise<boolean> {
    const own = await this.limitersOf(name, limit, ttl).local.get(key);
    return (own?.consumedPoints ?? 0) >= limit;
  }

  /** The number of requests that are counted now; this request is not. */
  async count(name: string, key: string, { limit, ttl }: RateLimit): Promise<RateCount> {
    const { local, shared } = this.limitersOf(name, limit, ttl);
    const own = await local.get(key);
    const all = (own?.consumedPoints ?? 0) >= limit ? null : await this.askShared(() => shared.get(key));
    return toCount(own, all);
  }

  /** Null while Redis fails: then one request in `redisPause` asks it, and only that one waits for it. */
  private async askShared(ask: () => Promise<RateLimiterRes | null>): Promise<RateLimiterRes | null> {
    if (Date.now() < this.retryAt) return null;
    if (this.retryAt > 0) this.pause();
    try {
      const count = await ask();
      this.retryAt = 0;
      this.outage.recovered();
      return count;
    } catch (error) {
      this.pause();
      this.outage.failed(error);
      return null;
    }
  }

  private pause(): void {
    this.retryAt = Date.now() + this.times.rateLimit.redisPause;
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

/** The higher of two counts. */
function toCount(own: RateLimiterRes | null, all: RateLimiterRes | null): RateCount {
  const higher = (all?.consumedPoints ?? 0) > (own?.consumedPoints ?? 0) ? all : own;
  const seconds = Math.max(1, Math.ceil((higher?.msBeforeNext ?? 0) / 1000));
  return { hits: higher?.consumedPoints ?? 0, seconds };
}

/** The count of a key with this request; the limiters reject a count over the limit. */
async function consume(limiter: RateLimiterMemory | RateLimiterRedis, key: string): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key);
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return refused;
    throw refused;
  }
}
