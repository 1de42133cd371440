import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { AccountService } from '../account/account.service.js';
import { AuditLog } from '../audit-log.js';
import { RefreshRotationService } from './refresh-rotation.service.js';
import { sessionIn } from './refresh-token.js';
import type { TokensDto } from './session.dto.js';
import { SessionIssuerService } from './session-issuer.service.js';
import { SessionService } from './session.service.js';

/** Exchanges a session's refresh token for new tokens. */
@Injectable()
export class RefreshService {
  constructor(
    private readonly rotations: RefreshRotationService,
    private readonly accounts: AccountService,
    private readonly sessions: SessionService,
    private readonly issuer: SessionIssuerService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Exchanges a refresh token for its successor and a new access token.
   * @throws AppError `auth.refresh_invalid`; `auth.refresh_reused` for a token that was rotated before and whose grace is over,
   * which revokes the session; `service.unavailable`
   */
  async refresh(token: string, origin: RequestOrigin): Promise<TokensDto> {
    const sessionId = sessionIn(token);
    const rotation = sessionId && (await this.rotations.rotate(token, sessionId, origin));
    if (!rotation) throw this.refuse(origin);
    const { userId, successor: refreshToken } = rotation;
    if (refreshToken === null) throw await this.endReused(userId, sessionId, origin);
    this.audit.record('session.refreshed', origin, { userId, sessionId });
    return this.issuer.toTokens(await this.accounts.get(userId), { sessionId, refreshToken });
  }

  private refuse(origin: RequestOrigin): AppError {
    this.audit.record('session.refresh_failed', origin, { reason: 'auth.refresh_invalid' });
    return new AppError('auth.refresh_invalid');
  }

  /** A token that is used twice may have been stolen, and which of the two users is the owner is unknown: the session ends. */
  private async endReused(userId: string, sessionId: string, origin: RequestOrigin): Promise<AppError> {
    await this.sessions.revokeOne(userId, sessionId);
    this.audit.record('session.refresh_reused', origin, { userId, sessionId });
    return new AppError('auth.refresh_reused');
  }
}
