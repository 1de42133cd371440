import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../common/errors/app-error.js';
import { clientAddress, networkOf } from '../common/http/client-address.js';
import { originOf } from '../common/http/request-context.js';
import { policyOf } from '../common/http/route-policy.js';
import { Settings } from '../config/settings.js';
import { type BurstLimit, BurstLimits } from '../infra/rate-limit/burst-limits.js';
import { ConcurrentRequests } from '../infra/rate-limit/concurrent-requests.js';
import { AuditLog } from './audit-log.js';
import { SessionAuthenticator } from './session/session-authenticator.js';

/**
 * Decides, before the body of a request is read, who sent it and whether a limit refuses it: reading a body is the work that
 * a stranger can order. Every route needs a session unless its policy says otherwise, so that a forgotten decorator opens
 * nothing.
 */
@Injectable()
export class RequestAccessService {
  /** Where an address may do less than elsewhere: these routes are for guesses, and send messages. */
  private readonly guarded: string[];

  constructor(
    { API_PREFIX }: Settings,
    private readonly sessions: SessionAuthenticator,
    private readonly limits: BurstLimits,
    private readonly concurrent: ConcurrentRequests,
    private readonly audit: AuditLog,
  ) {
    const prefix = API_PREFIX && `/${API_PREFIX}`;
    this.guarded = [`${prefix}/auth/`, `${prefix}/user/me/identity`];
  }

  /**
   * Lets a request pass, and sets its `user` where its route needs one.
   * @throws AppError `rate_limit.exceeded`, `auth.unauthenticated`, `auth.token_expired`, `service.unavailable`
   */
  async require(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { isPublic, isUncounted } = policyOf(request);
    if (isUncounted) return;
    const network = networkOf(clientAddress(request));
    const { url = '' } = request.routeOptions;
    if (this.guarded.some((start) => url.startsWith(start)))
      await this.count('ip', network, { request, reply });
    if (request.is404 || isPublic) await this.countStranger(request, reply);
    else await this.requireUser(network, { request, reply });
  }

  /** Counts a request that cannot have a user. @throws AppError `rate_limit.exceeded` */
  async countStranger(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await this.count('anonymous', networkOf(clientAddress(request)), { request, reply });
  }

  private async requireUser(network: string, exchange: Exchange): Promise<void> {
    const { request, reply } = exchange;
    try {
      const claims = this.sessions.identify(request);
      // Who has no requests left is told so before PostgreSQL is asked, though the session may have ended: a refusal must be cheap.
      if (await this.limits.isSpent('user', claims.userId)) await this.countUser(claims.userId, exchange);
      request.user = await this.sessions.authenticate(claims, request);
    } catch (error) {
      if (error instanceof AppError && error.status === 401) await this.count('anonymous', network, exchange);
      throw error;
    }
    const { userId } = request.user;
    await this.countUser(userId, exchange);
    const { limit } = policyOf(request);
    if (limit) await this.countUser(userId, exchange, limit);
    this.concurrent.enter(userId, request, reply);
  }

  private countUser(userId: string, exchange: Exchange, name: BurstLimit = 'user'): Promise<void> {
    return this.count(name, userId, exchange, userId);
  }

  /** @param userId for the audit log */
  private async count(
    name: BurstLimit,
    key: string,
    { request, reply }: Exchange,
    userId?: string,
  ): Promise<void> {
    try {
      await this.limits.count(name, key, reply);
    } catch (error) {
      this.audit.record('rate_limit.exceeded', originOf(request), { userId });
      throw error;
    }
  }
}

interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
}
