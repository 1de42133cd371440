import { Injectable } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerRequest } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../common/errors/app-error.js';
import type { RateLimitName } from './rate-limit.module.js';

/** Applies one of the burst limits over all routes together. The `RateLimit-*` headers show the limit with the fewest requests left. */
@Injectable()
export abstract class BurstGuard extends ThrottlerGuard {
  protected abstract readonly limitName: RateLimitName;

  override async onModuleInit(): Promise<void> {
    await super.onModuleInit();
    this.throttlers = this.throttlers.filter(({ name }) => name === this.limitName);
  }

  /** @throws AppError `rate_limit.exceeded` */
  protected override async handleRequest({ context, limit, ttl }: ThrottlerRequest): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const key = await this.getTracker(request);
    const count = await this.storageService.increment(key, ttl, limit, 0, this.limitName);
    const remaining = Math.max(0, limit - count.totalHits);
    const reply = http.getResponse<FastifyReply>();
    if (remaining <= Number(reply.getHeader('RateLimit-Remaining') ?? Infinity))
      void reply.headers({
        'RateLimit-Limit': limit,
        'RateLimit-Remaining': remaining,
        'RateLimit-Reset': count.timeToExpire,
      });
    if (!count.isBlocked) return true;
    this.refused(request);
    throw new AppError('rate_limit.exceeded', { retryAfter: count.timeToExpire });
  }

  /** Called for a request over the limit, for the audit log. */
  protected abstract refused(request: FastifyRequest): void;
}
