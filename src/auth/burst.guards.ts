import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { originOf } from '../common/http/request-context.js';
import { Settings } from '../config/settings.js';
import { BurstGuard } from '../infra/rate-limit/burst.guard.js';
import type { RateLimitName } from '../infra/rate-limit/rate-limit.module.js';
import { AuditLog } from './audit-log.js';

/** Limits the requests of one IP address to `/auth/*`, before any work is done for them. */
@Injectable()
export class IpBurstGuard extends BurstGuard {
  protected readonly limitName = 'ip';
  @Inject(Settings) private readonly settings!: Settings;
  @Inject(AuditLog) private readonly audit!: AuditLog;

  protected override async shouldSkip(context: ExecutionContext): Promise<boolean> {
    const { url } = context.switchToHttp().getRequest<FastifyRequest>().routeOptions;
    const prefix = this.settings.API_PREFIX && `/${this.settings.API_PREFIX}`;
    return !url?.startsWith(`${prefix}/auth/`);
  }

  protected refused(request: FastifyRequest): void {
    this.audit.record('rate_limit.exceeded', originOf(request), {});
  }
}

/** Limits the requests of one account, once the session is known. */
@Injectable()
export class UserBurstGuard extends BurstGuard {
  protected readonly limitName: RateLimitName = 'user';
  @Inject(AuditLog) private readonly audit!: AuditLog;

  protected override async shouldSkip(context: ExecutionContext): Promise<boolean> {
    return !context.switchToHttp().getRequest<FastifyRequest>().user;
  }

  protected override async getTracker({ user }: FastifyRequest): Promise<string> {
    return user?.userId ?? '';
  }

  protected refused(request: FastifyRequest): void {
    this.audit.record('rate_limit.exceeded', originOf(request), { userId: request.user?.userId });
  }
}
