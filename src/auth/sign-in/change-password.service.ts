import { Injectable } from '@nestjs/common';
import type { Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Database } from '../../infra/postgres/database.js';
import { AccountService } from '../account/account.service.js';
import { CHANGE_PASSWORD } from '../account/account.sql.js';
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
    private readonly passwords: PasswordService,
    private readonly access: AccessRevocationService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Sets the password, and revokes the account's other sessions and its codes in the same transaction.
   * @throws AppError `auth.invalid_credentials` when the account has a password and `currentPassword` is wrong or missing, or the
   * password is changed by another request at the same time; `validation.failed` for a common password; `service.unavailable`
   */
  async change(user: Principal, dto: ChangePasswordDto, origin: RequestOrigin): Promise<void> {
    const { userId, sessionId } = user;
    this.passwords.requireUncommon(dto.newPassword, 'newPassword');
    const { passwordHash: current } = await this.accounts.get(userId);
    if (current !== null && !(await this.passwords.matches(current, dto.currentPassword ?? '')))
      throw this.refuse(userId, origin);
    const passwordHash = await this.passwords.hash(dto.newPassword);
    const sessions = await this.database.transaction(async (sql) => {
      const changed = await sql.query(CHANGE_PASSWORD, [userId, current, passwordHash]);
      if (changed.length === 0) throw this.refuse(userId, origin);
      return this.access.revoke(sql, userId, sessionId);
    });
    this.audit.record('password.changed', origin, { userId, sessionId, sessions });
  }

  private refuse(userId: string, origin: RequestOrigin): AppError {
    this.audit.record('password.refused', origin, { userId, reason: 'auth.invalid_credentials' });
    return new AppError('auth.invalid_credentials');
  }
}
