import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { type ExecutionContext, Injectable, Logger } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Strategy } from 'passport-jwt';
import { Settings } from '../../config/settings.js';
import { Database } from '../../infra/postgres/database.js';
import {
  type AccessClaims,
  TOKEN_ALGORITHM,
  TOKEN_AUDIENCE,
  TOKEN_ISSUER,
  TokenKeys,
} from './access-token.js';
import { IS_PUBLIC, type Principal } from '../../common/auth-context.js';
import { FIND_PRINCIPAL, type PrincipalRow, TOUCH_SESSION } from './session.sql.js';
import { Reflector } from '@nestjs/core';
import { AppError } from '../../common/errors/app-error.js';
import { originOf } from '../../common/http/request-context.js';
import { AuditLog } from '../audit-log.js';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
/** `{"alg":"HS256","typ":"JWT"}`, as every token of ours begins: one with any other header is not worth a look. */
const HEADER = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.';
/** Ours are about 300 characters. */
const MAX_LENGTH = 1_000;
/** Seconds that the clocks of two processes may differ. */
const CLOCK_SKEW = 60;

type Claims = Partial<Record<keyof AccessClaims, unknown>>;

/** A Bearer token is good when a key of ours signed it and PostgreSQL says that its session lives. */
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
      // Typed as text, though jsonwebtoken takes a KeyObject, which is far cheaper.
      secretOrKeyProvider: (_request, token: string, done) =>
        done(null, keyOf(token, keys) as unknown as string),
      algorithms: [TOKEN_ALGORITHM],
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
    });
  }

  /** @throws AppError `service.unavailable` when PostgreSQL cannot be asked: never let through, never called 401 */
  async validate(claims: Claims): Promise<Principal | false> {
    const { sub, sid, typ, aud } = claims;
    if (typ !== 'access' || aud !== TOKEN_AUDIENCE || !isUuid(sub) || !isUuid(sid)) return false;
    if (!this.livesNoLongerThanAllowed(claims)) return false;
    const [row] = await this.database.query<PrincipalRow>(FIND_PRINCIPAL, [sid, sub]);
    if (row?.used) this.noteUse(sid);
    return row ? toPrincipal(row) : false;
  }

  private livesNoLongerThanAllowed({ iat, exp }: Claims): boolean {
    if (typeof iat !== 'number' || typeof exp !== 'number') return false;
    return exp - iat <= this.settings.ACCESS_TOKEN_TTL && iat <= Date.now() / 1000 + CLOCK_SKEW;
  }

  /** About once a minute, beside the request: when a device was last seen is not worth waiting for. */
  private noteUse(sessionId: string): void {
    this.database
      .query(TOUCH_SESSION, [sessionId])
      .catch((error: Error) => this.logger.debug(`the use of a session was not noted: ${error.message}`));
  }
}

function tokenOf(request: FastifyRequest): string | null {
  const [, token] = /^Bearer ([\w.-]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  return token && token.length <= MAX_LENGTH && token.startsWith(HEADER) ? token : null;
}

function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** The key that made the token's signature; any of ours where none did, for the check to refuse. */
function keyOf(token: string, keys: TokenKeys): KeyObject {
  if (keys.all.length === 1) return keys.signing;
  const end = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  const made = (key: KeyObject) => createHmac('sha256', key).update(token.slice(0, end)).digest();
  return (
    keys.all.find((key) => signature.length === 32 && timingSafeEqual(made(key), signature)) ?? keys.signing
  );
}

function toPrincipal({ subscriptionStatus, currentPeriodStart, used: _, ...rest }: PrincipalRow): Principal {
  const paid = subscriptionStatus && currentPeriodStart;
  return { ...rest, subscription: paid ? { status: subscriptionStatus, currentPeriodStart } : null };
}

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
