import { Injectable } from '@nestjs/common';
import type { Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Database } from '../../infra/postgres/database.js';
import { AccountService } from '../account/account.service.js';
import { PasswordGuard } from '../account/password-guard.js';
import { PasswordService } from '../account/password.service.js';
import { AuditLog } from '../audit-log.js';
import { REAUTHENTICATE_SESSION } from '../session/session.sql.js';
import type { ReauthenticateDto } from './sign-in.dto.js';

/** Makes a session recent again: its owner proves who he is, as at a sign-in. */
@Injectable()
export class ReauthenticationService {
  constructor(
    private readonly database: Database,
    private readonly accounts: AccountService,
    private readonly guard: PasswordGuard,
    private readonly passwords: PasswordService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Checks the password, and makes the session of the request recent.
   * @throws AppError `auth.invalid_credentials`, `rate_limit.exceeded` after too many wrong ones, `service.unavailable`
   */
  async reauthenticate(user: Principal, dto: ReauthenticateDto, origin: RequestOrigin): Promise<void> {
    const { userId, sessionId } = user;
    await this.guard.count({ account: userId });
    const { passwordHash } = await this.accounts.get(userId);
    if (!(await this.passwords.matches(passwordHash, dto.password))) throw this.refuse(userId, origin);
    await this.guard.forget(this.database, { account: userId });
    await this.database.query(REAUTHENTICATE_SESSION, [sessionId]);
    this.audit.record('session.reauthenticated', origin, { userId, sessionId, method: 'password' });
  }

  private refuse(userId: string, origin: RequestOrigin): AppError {
    const reason = 'auth.invalid_credentials';
    this.audit.record('password.refused', origin, { userId, reason });
    return new AppError(reason);
  }
}
