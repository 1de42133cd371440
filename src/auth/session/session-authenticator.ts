import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { JwtService, type JwtVerifyOptions } from '@nestjs/jwt';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../../common/auth-context.js';
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

const VERIFICATION: JwtVerifyOptions = {
  algorithms: [TOKEN_ALGORITHM],
  issuer: TOKEN_ISSUER,
  audience: TOKEN_AUDIENCE,
};

/** The session that a token of ours names. */
export type SessionClaims = Pick<Principal, 'userId' | 'sessionId'>;

type Claims = Partial<Record<keyof AccessClaims, unknown>>;

/** Accepts a Bearer token that one of our keys signed and whose session is live in PostgreSQL. */
@Injectable()
export class SessionAuthenticator {
  private readonly logger = new Logger(SessionAuthenticator.name);

  constructor(
    private readonly keys: TokenKeys,
    private readonly jwt: JwtService,
    private readonly database: Database,
    private readonly settings: Settings,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Reads the token of a request. Nobody else can have made it, but its session may have ended.
   * @throws AppError `auth.unauthenticated`, `auth.token_expired`
   */
  identify(request: FastifyRequest): SessionClaims {
    const token = tokenOf(request);
    const claims = token && this.sessionOf(this.verify(token, request));
    if (!claims) throw this.refuse(request, 'auth.unauthenticated');
    return claims;
  }

  /**
   * Finds the signed-in user of a request.
   * @throws AppError `auth.unauthenticated` when the session has ended; `service.unavailable` when PostgreSQL does not answer: that
   *   is neither a success nor a 401
   */
  async authenticate({ userId, sessionId }: SessionClaims, request: FastifyRequest): Promise<Principal> {
    const [row] = await this.database.query(FIND_PRINCIPAL, [sessionId, userId]);
    if (!row) throw this.refuse(request, 'auth.unauthenticated');
    if (row.touchDue) this.touch(sessionId);
    return toPrincipal(row);
  }

  private verify(token: string, request: FastifyRequest): Claims {
    try {
      return this.jwt.verify<Claims>(token, {
        // The type says string, but jsonwebtoken also takes a KeyObject, which is far cheaper.
        publicKey: keyOf(token, this.keys) as unknown as string,
        ...VERIFICATION,
      });
    } catch (error) {
      const isExpired = (error as Error).name === 'TokenExpiredError';
      throw this.refuse(request, isExpired ? 'auth.token_expired' : 'auth.unauthenticated');
    }
  }

  /** Null when the token is of another kind. */
  private sessionOf(claims: Claims): SessionClaims | null {
    const { sub, sid, typ, aud } = claims;
    if (typ !== 'access' || aud !== TOKEN_AUDIENCE || !isUuid(sub) || !isUuid(sid)) return null;
    return this.hasAllowedLifetime(claims) ? { userId: sub, sessionId: sid } : null;
  }

  private refuse(request: FastifyRequest, code: 'auth.unauthenticated' | 'auth.token_expired'): AppError {
    if (request.headers.authorization)
      this.audit.record('access.refused', originOf(request), { reason: code });
    const challenge = code === 'auth.token_expired' ? 'Bearer error="invalid_token"' : 'Bearer';
    return new AppError(code, { headers: { 'WWW-Authenticate': challenge } });
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
  withheld,
  touchDue: _,
  ...rest
}: PrincipalRow): Principal {
  const paid = subscriptionStatus && currentPeriodStart;
  return {
    ...rest,
    subscription: paid ? { status: subscriptionStatus, currentPeriodStart, withheld } : null,
  };
}
