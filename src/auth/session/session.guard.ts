import { Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../common/errors/app-error.js';
import { IS_PUBLIC } from '../../common/http/public.decorator.js';
import { originOf } from '../../common/http/request-origin.decorator.js';
import { AuditLog } from '../audit-log.js';

/** Guards every route that is not marked public. */
@Injectable()
export class SessionGuard extends AuthGuard('session') {
  constructor(
    private readonly reflector: Reflector,
    private readonly audit: AuditLog,
  ) {
    super();
  }

  override canActivate(context: ExecutionContext) {
    const open = this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [
      context.getHandler(),
      context.getClass(),
    ]);
    return open ? true : super.canActivate(context);
  }

  override handleRequest<Principal>(
    error: unknown,
    user: Principal | false,
    info: unknown,
    context: ExecutionContext,
  ): Principal {
    if (error) throw error as Error;
    if (user) return user;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const refusal = toRefusal(info);
    if (request.headers.authorization)
      this.audit.record('access.refused', originOf(request), { reason: refusal.code });
    throw refusal;
  }
}

function toRefusal(info: unknown): AppError {
  const expired = info instanceof Error && info.name === 'TokenExpiredError';
  return new AppError(expired ? 'auth.token_expired' : 'auth.unauthenticated', {
    headers: { 'WWW-Authenticate': expired ? 'Bearer error="invalid_token"' : 'Bearer' },
  });
}
