import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../common/errors/app-error.js';
import { Settings } from '../../config/settings.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Ends the counting of a request of a user among those that are handled now. */
    leave?: () => void;
  }
}

/**
 * Limits how many requests of one user this process handles at a time, so that one person's large reads are done one after
 * the other with everybody else's requests between them. A request counts until its response is sent, its client is gone, or
 * it only waits for a reply.
 */
@Injectable()
export class ConcurrentRequests {
  private readonly running = new Map<string, number>();
  private readonly limit: number;

  constructor(settings: Settings) {
    this.limit = settings.MAX_CONCURRENT_REQUESTS_PER_USER;
  }

  /** Counts a request. @throws AppError `rate_limit.exceeded` when the user has too many */
  enter(userId: string, request: FastifyRequest, { raw }: FastifyReply): void {
    const running = this.running.get(userId) ?? 0;
    if (running >= this.limit)
      throw new AppError('rate_limit.exceeded', {
        detail: `At most ${this.limit} requests at a time: wait for the response to one of them.`,
        retryAfter: 1,
      });
    this.running.set(userId, running + 1);
    request.leave = () => {
      request.leave = undefined;
      this.left(userId);
    };
    if (raw.destroyed) request.leave();
    else raw.once('close', () => request.leave?.());
  }

  private left(userId: string): void {
    const running = (this.running.get(userId) ?? 1) - 1;
    if (running > 0) this.running.set(userId, running);
    else this.running.delete(userId);
  }
}

/** From now on the request only waits for a reply, as a stream does: it costs nothing, and is not counted. */
export function onlyWaits(request: FastifyRequest): void {
  request.leave?.();
}
