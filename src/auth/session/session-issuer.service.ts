import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { User } from '../../generated/prisma/client.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { Database, type Sql } from '../../infra/postgres/database.js';
import { toUserDto } from '../account/account.dto.js';
import { AuditLog, type AuditFacts } from '../audit-log.js';
import { AccessTokenService } from './access-token.js';
import { LiveSessionsService } from './live-sessions.service.js';
import { RefreshTokens } from './refresh-token.js';
import type { TokensDto } from './session.dto.js';
import { INSERT_SESSION, LIMIT_SESSIONS } from './session.sql.js';

/** A session and its current refresh token. */
export interface IssuedSession {
  sessionId: string;
  refreshToken: string;
}

/** Opens sessions and issues their tokens. */
@Injectable()
export class SessionIssuerService {
  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly audit: AuditLog,
    private readonly accessTokens: AccessTokenService,
    private readonly refreshTokens: RefreshTokens,
    private readonly live: LiveSessionsService,
  ) {}

  /**
   * Opens a session for an account; the oldest ends where it has too many.
   * @param facts for the audit log
   * @param authorize checks in the transaction that opens the session which account may sign in, and returns its id; it must
   * lock the account, and throws when there is none
   * @throws AppError what `authorize` throws; `service.unavailable`
   */
  async open(
    facts: AuditFacts,
    origin: RequestOrigin,
    authorize: (sql: Sql) => Promise<string>,
  ): Promise<IssuedSession & { userId: string }> {
    const { ended, ...session } = await this.database.transaction(async (sql) => {
      return this.insert(sql, await authorize(sql), origin);
    });
    const { userId, sessionId } = session;
    if (ended > 0) this.live.announce(userId);
    this.audit.record('sign_in.succeeded', origin, { ...facts, userId, sessionId });
    return session;
  }

  /** The response to a sign-in or a refresh. It signs the session's access token. */
  toTokens(user: User, { sessionId, refreshToken }: IssuedSession): TokensDto {
    return {
      accessToken: this.accessTokens.sign(user.id, sessionId),
      tokenType: 'Bearer',
      expiresIn: this.settings.ACCESS_TOKEN_TTL,
      refreshToken,
      user: toUserDto(user),
    };
  }

  /** @returns also how many of the oldest sessions ended for it */
  private async insert(
    sql: Sql,
    userId: string,
    origin: RequestOrigin,
  ): Promise<IssuedSession & { userId: string; ended: number }> {
    const sessionId = uuidv7();
    const refreshToken = this.refreshTokens.create(sessionId);
    const { SESSION_MAX_AGE, MAX_SESSIONS_PER_USER } = this.settings;
    await sql.query(INSERT_SESSION, [
      sessionId,
      userId,
      this.refreshTokens.hash(refreshToken),
      origin.ip,
      origin.userAgent,
      this.refreshTokens.lifetime,
      SESSION_MAX_AGE,
    ]);
    const ended = await sql.query(LIMIT_SESSIONS, [userId, MAX_SESSIONS_PER_USER]);
    return { userId, sessionId, refreshToken, ended: ended.length };
  }
}
