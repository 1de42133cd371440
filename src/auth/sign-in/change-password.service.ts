import { Injectable } from '@nestjs/common';
import { requireRecent, type Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Database } from '../../infra/postgres/database.js';
import { AccountService, ownerOf } from '../account/account.service.js';
import { CHANGE_PASSWORD } from '../account/account.sql.js';
import { PasswordGuard } from '../account/password-guard.js';
import { PasswordService } from '../account/password.service.js';
import { AuditLog } from '../audit-log.js';
import { AccessRevocationService } from './access-revocation.service.js';
import type { ChangePasswordDto } from './sign-in.dto.js';

/** Sets or changes the password of a signed-in account. */
@Injectable()
export class ChangePasswordService {
  constructor(
    private readonly database: Database,
    private readonly accounts: AccountService,
    private readonly guard: PasswordGuard,
    private readonly passwords: PasswordService,
    private readonly access: AccessRevocationService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Sets the password, and revokes the account's other sessions and its codes in the same transaction.
   * @throws AppError `auth.invalid_credentials` when the account has a password and `currentPassword` is wrong or missing, or the
   * password is changed by another request at the same time; `auth.reauthentication_required` when it has none and the session is
   * not recent; `rate_limit.exceeded` after too many wrong ones; `validation.failed` for a password that is easily guessed;
   * `service.unavailable`
   */
  async change(user: Principal, dto: ChangePasswordDto, origin: RequestOrigin): Promise<void> {
    const { userId, sessionId } = user;
    const account = await this.accounts.get(userId);
    this.passwords.requireStrong(dto.newPassword, 'newPassword', ownerOf(account));
    const { passwordHash: current } = account;
    if (current === null) requireRecent(user);
    else await this.requireCurrent(userId, current, dto.currentPassword ?? '', origin);
    const passwordHash = await this.passwords.hash(dto.newPassword);
    const sessions = await this.database.transaction(async (sql) => {
      const changed = await sql.query(CHANGE_PASSWORD, [userId, current, passwordHash]);
      if (changed.length === 0) throw this.refuse(userId, origin);
      await this.guard.forget(sql, { account: userId });
      return this.access.revoke(sql, userId, sessionId);
    });
    this.access.announce(userId);
    this.audit.record('password.changed', origin, { userId, sessionId, sessions });
  }

  private async requireCurrent(
    userId: string,
    current: string,
    password: string,
    origin: RequestOrigin,
  ): Promise<void> {
    await this.guard.count({ account: userId });
    if (!(await this.passwords.matches(current, password))) throw this.refuse(userId, origin);
  }

  private refuse(userId: string, origin: RequestOrigin): AppError {
    this.audit.record('password.refused', origin, { userId, reason: 'auth.invalid_credentials' });
    return new AppError('auth.invalid_credentials');
  }
}
