import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Database } from '../../infra/postgres/database.js';
import { AccountService } from '../account/account.service.js';
import { AuditLog } from '../audit-log.js';
import type { TokensDto } from './session.dto.js';
import { RefreshTokens } from './refresh-token.js';
import { SessionService, type NewSession } from './session.service.js';
import { READ_ROTATION, REVOKE_SESSION, ROTATE, type RotationRow } from './session.sql.js';

/** Seconds in which an exchanged token still gets its successor: an answer may be lost, tabs may race. */
const GRACE = 20;

/** A session that goes on. */
interface Refreshed extends NewSession {
  userId: string;
}

/** Exchanges refresh tokens. */
@Injectable()
export class RefreshService {
  private readonly logger = new Logger(RefreshService.name);

  constructor(
    private readonly database: Database,
    private readonly accounts: AccountService,
    private readonly sessions: SessionService,
    private readonly tokens: RefreshTokens,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Exchanges a token for its successor.
   * @throws AppError `auth.refresh_invalid`; `auth.refresh_reused` for a token used up before the grace, which ends the session
   */
  async refresh(token: string, origin: RequestOrigin): Promise<TokensDto> {
    const sessionId = this.tokens.sessionIn(token);
    if (!sessionId) throw this.refuse('auth.refresh_invalid', origin);
    const refreshed =
      (await this.rotate(token, sessionId, origin)) ?? (await this.repeat(token, sessionId, origin));
    this.audit.record('session.refreshed', origin, { userId: refreshed.userId, sessionId });
    return this.sessions.toTokens(await this.accounts.get(refreshed.userId), refreshed);
  }

  private async rotate(token: string, sessionId: string, origin: RequestOrigin): Promise<Refreshed | null> {
    const [refreshToken = ''] = this.tokens.successors(token, sessionId);
    const [row] = await this.database.query<{ userId: string }>(ROTATE, [
      sessionId,
      this.tokens.hash(token),
      this.tokens.hash(refreshToken),
      origin.ip,
      origin.userAgent,
      this.tokens.life,
      GRACE,
    ]);
    return row ? { userId: row.userId, sessionId, refreshToken } : null;
  }

  /** Gives the successor of a token that was exchanged a moment ago once more. */
  private async repeat(token: string, sessionId: string, origin: RequestOrigin): Promise<Refreshed> {
    const hash = this.tokens.hash(token);
    const [row] = await this.database.query<RotationRow>(READ_ROTATION, [sessionId, hash, GRACE]);
    if (!row) throw this.refuse('auth.refresh_invalid', origin);
    const { userId } = row;
    if (row.inGrace)
      return { userId, sessionId, refreshToken: this.successor(token, sessionId, row.successors) };
    if (row.inGrace === null && !this.tokens.isOurs(token)) throw this.refuse('auth.refresh_invalid', origin);
    await this.database.query(REVOKE_SESSION, [sessionId, userId]);
    this.audit.record('session.refresh_reused', origin, { userId, sessionId });
    throw new AppError('auth.refresh_reused');
  }

  /** @throws AppError `service.unavailable` when it was made under a key of `JWT_SECRET` that only other processes have yet */
  private successor(token: string, sessionId: string, hashes: string[]): string {
    const successors = this.tokens.successors(token, sessionId);
    const found = successors.find((each) => hashes.includes(this.tokens.hash(each)));
    if (found) return found;
    this.logger.warn(
      'a refresh token was exchanged under a key of JWT_SECRET that this process does not have',
    );
    throw new AppError('service.unavailable');
  }

  private refuse(code: 'auth.refresh_invalid', origin: RequestOrigin): AppError {
    this.audit.record('session.refresh_failed', origin, { reason: code });
    return new AppError(code);
  }
}
