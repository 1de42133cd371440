import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { User } from '../../generated/prisma/client.js';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { Database, type Sql } from '../../infra/postgres/database.js';
import { AccessTokenService } from './access-token.js';
import { AuditLog, type AuditFacts } from '../audit-log.js';
import { toSessionDto, type SessionListDto } from './session.dto.js';
import { toUserDto } from '../account/account.dto.js';
import type { TokensDto } from './session.dto.js';
import type { Principal } from '../../common/auth-context.js';
import { RefreshTokens } from './refresh-token.js';
import {
  INSERT_SESSION,
  LIST_SESSIONS,
  REVOKE_SESSION,
  REVOKE_SESSIONS,
  type SessionRow,
} from './session.sql.js';

export interface NewSession {
  sessionId: string;
  refreshToken: string;
}

/** Sessions: one a signed-in device. */
@Injectable()
export class SessionService {
  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly audit: AuditLog,
    private readonly accessTokens: AccessTokenService,
    private readonly refreshTokens: RefreshTokens,
  ) {}

  /**
   * Lets a person in.
   * @param entitle makes sure, in the transaction that opens the session, that they still may; else it throws
   */
  async begin(
    facts: AuditFacts & { userId: string },
    origin: RequestOrigin,
    entitle: (sql: Sql) => Promise<void>,
  ): Promise<NewSession> {
    const session = await this.database.transaction(async (sql) => {
      await entitle(sql);
      return this.open(sql, facts.userId, origin);
    });
    this.audit.record('sign_in.succeeded', origin, { ...facts, sessionId: session.sessionId });
    return session;
  }

  /** The person's live sessions, the last used first. */
  async list({ userId, sessionId }: Principal): Promise<SessionListDto> {
    const rows = await this.database.query<SessionRow>(LIST_SESSIONS, [userId]);
    return { data: rows.map((row) => toSessionDto(row, sessionId)) };
  }

  /** Ends this session. @returns false when another request has just done so */
  async end({ userId, sessionId }: Principal, origin: RequestOrigin): Promise<boolean> {
    const revoked = await this.database.query(REVOKE_SESSION, [sessionId, userId]);
    if (revoked.length > 0) this.audit.record('session.revoked', origin, { userId, sessionId });
    return revoked.length > 0;
  }

  /** Ends one session of the person; its tokens stop working at once. @throws AppError `auth.session_not_found` */
  async revoke(user: Principal, sessionId: string, origin: RequestOrigin): Promise<void> {
    if (!(await this.end({ ...user, sessionId }, origin))) throw new AppError('auth.session_not_found');
  }

  /** Ends every session of the person but this one. */
  async revokeOthers({ userId, sessionId }: Principal, origin: RequestOrigin): Promise<void> {
    const sessions = await this.revokeAll(this.database, userId, sessionId);
    this.audit.record('session.revoked', origin, { userId, sessions });
  }

  /** Ends every session of a person, but `except`. @returns how many there were */
  async revokeAll(sql: Sql, userId: string, except: string | null = null): Promise<number> {
    return (await sql.query(REVOKE_SESSIONS, [userId, except])).length;
  }

  /** The answer that lets a client in. */
  toTokens(user: User, { sessionId, refreshToken }: NewSession): TokensDto {
    return {
      accessToken: this.accessTokens.sign(user.id, sessionId),
      tokenType: 'Bearer',
      expiresIn: this.settings.ACCESS_TOKEN_TTL,
      refreshToken,
      user: toUserDto(user),
    };
  }

  private async open(sql: Sql, userId: string, origin: RequestOrigin): Promise<NewSession> {
    const sessionId = uuidv7();
    const refreshToken = this.refreshTokens.create(sessionId);
    await sql.query(INSERT_SESSION, [
      sessionId,
      userId,
      this.refreshTokens.hash(refreshToken),
      origin.ip,
      origin.userAgent,
      this.refreshTokens.life,
    ]);
    return { sessionId, refreshToken };
  }
}
