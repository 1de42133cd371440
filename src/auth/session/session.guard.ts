import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { type ExecutionContext, Injectable, Logger } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Strategy } from 'passport-jwt';
import { IS_PUBLIC, type Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import { originOf } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { Database } from '../../infra/postgres/database.js';
import { AuditLog } from '../audit-log.js';
import {
  type AccessClaims,
  TOKEN_ALGORITHM,
  TOKEN_AUDIENCE,
  TOKEN_ISSUER,
  TokenKeys,
} from './access-token.js';
import { FIND_PRINCIPAL, type PrincipalRow, TOUCH_SESSION } from './session.sql.js';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
/** `{"alg":"HS256","typ":"JWT"}`, as every token of ours begins: a token with another header is refused without a check. */
const HEADER = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.';
/** Characters; our tokens have about 300. */
const MAX_LENGTH = 1_000;
/** Seconds by which the clocks of two processes may differ. */
const CLOCK_SKEW = 60;

type Claims = Partial<Record<keyof AccessClaims, unknown>>;

/** Accepts a Bearer token that one of our keys signed and whose session is live in PostgreSQL. */
@Injectable()
export class SessionStrategy extends PassportStrategy(Strategy, 'session') {
  private readonly logger = new Logger(SessionStrategy.name);

  constructor(
    keys: TokenKeys,
    private readonly database: Database,
    private readonly settings: Settings,
  ) {
    super({
      jwtFromRequest: tokenOf,
      // The type says string, but jsonwebtoken also takes a KeyObject, which is far cheaper.
      secretOrKeyProvider: (_request, token: string, done) =>
        done(null, keyOf(token, keys) as unknown as string),
      algorithms: [TOKEN_ALGORITHM],
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
    });
  }

  /**
   * Finds the principal of a verified token.
   * @returns false when the session is not live
   * @throws AppError `service.unavailable` when PostgreSQL does not answer: that is neither a success nor a 401
   */
  async validate(claims: Claims): Promise<Principal | false> {
    const { sub, sid, typ, aud } = claims;
    if (typ !== 'access' || aud !== TOKEN_AUDIENCE || !isUuid(sub) || !isUuid(sid)) return false;
    if (!this.hasAllowedLifetime(claims)) return false;
    const [row] = await this.database.query(FIND_PRINCIPAL, [sid, sub]);
    if (row?.touchDue) this.touch(sid);
    return row ? toPrincipal(row) : false;
  }

  private hasAllowedLifetime({ iat, exp }: Claims): boolean {
    if (typeof iat !== 'number' || typeof exp !== 'number') return false;
    return exp - iat <= this.settings.ACCESS_TOKEN_TTL && iat <= Date.now() / 1000 + CLOCK_SKEW;
  }

  /** Stores the time of use, about once a minute. The request does not wait for it: only the list of devices shows it. */
  private touch(sessionId: string): void {
    this.database
      .query(TOUCH_SESSION, [sessionId])
      .catch((error: Error) =>
        this.logger.debug(`the time of a session's use was not stored: ${error.message}`),
      );
  }
}

function tokenOf(request: FastifyRequest): string | null {
  const [, token] = /^Bearer ([\w.-]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  return token && token.length <= MAX_LENGTH && token.startsWith(HEADER) ? token : null;
}

function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** The key that made the token's signature; if none did, any of our keys, with which the check fails. */
function keyOf(token: string, keys: TokenKeys): KeyObject {
  if (keys.all.length === 1) return keys.signing;
  const end = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  const made = (key: KeyObject) => createHmac('sha256', key).update(token.slice(0, end)).digest();
  return (
    keys.all.find((key) => signature.length === 32 && timingSafeEqual(made(key), signature)) ?? keys.signing
  );
}

function toPrincipal({
  subscriptionStatus,
  currentPeriodStart,
  touchDue: _,
  ...rest
}: PrincipalRow): Principal {
  const paid = subscriptionStatus && currentPeriodStart;
  return { ...rest, subscription: paid ? { status: subscriptionStatus, currentPeriodStart } : null };
}

/** Requires a live session on every route that is not marked public. */
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
