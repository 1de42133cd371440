import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { Database } from '../../infra/postgres/database.js';
import { AccountService } from '../account/account.service.js';
import { CHANGE_PASSWORD, SET_PASSWORD } from '../account/account.sql.js';
import { AuditLog } from '../audit-log.js';
import type { ChangePasswordDto, ResetPasswordDto } from './sign-in.dto.js';
import { readIdentity } from '../account/identity.js';
import { OtpService } from '../otp/otp.service.js';
import type { Principal } from '../../common/auth-context.js';
import { SessionService } from '../session/session.service.js';
import { PasswordService } from '../account/password.service.js';

/** New passwords. With one, whatever the old one had opened is closed in the same transaction. */
@Injectable()
export class ChangePasswordService {
  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly accounts: AccountService,
    private readonly passwords: PasswordService,
    private readonly otps: OtpService,
    private readonly sessions: SessionService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Sets a new password for the owner of a code, and ends all sessions.
   * @throws AppError `auth.otp_invalid`, `auth.otp_attempts_exceeded`, `validation.failed` for a common password
   */
  async reset(dto: ResetPasswordDto, origin: RequestOrigin): Promise<void> {
    const identity = readIdentity(dto, this.settings.DEFAULT_PHONE_REGION);
    this.passwords.requireUncommon(dto.newPassword, 'newPassword');
    const userId = await this.otps.use(identity, 'reset_password', dto.otp, origin);
    const passwordHash = await this.passwords.hash(dto.newPassword);
    const sessions = await this.database.transaction(async (sql) => {
      await this.accounts.confirm(sql, userId, identity, passwordHash);
      await this.otps.resetGuard(sql, identity);
      await sql.query(SET_PASSWORD, [userId, passwordHash]);
      await this.otps.invalidate(sql, userId);
      return this.sessions.revokeAll(sql, userId);
    });
    this.audit.record('password.reset', origin, { userId, sessions });
  }

  /**
   * Changes the password of a signed-in person, and ends their other sessions.
   * @throws AppError `auth.invalid_credentials` when the current one is wrong or missing
   */
  async change(
    { userId, sessionId }: Principal,
    dto: ChangePasswordDto,
    origin: RequestOrigin,
  ): Promise<void> {
    this.passwords.requireUncommon(dto.newPassword, 'newPassword');
    const { passwordHash: current } = await this.accounts.get(userId);
    if (current !== null && !(await this.passwords.matches(current, dto.currentPassword ?? '')))
      throw this.refuse(userId, origin);
    const passwordHash = await this.passwords.hash(dto.newPassword);
    const sessions = await this.database.transaction(async (sql) => {
      const changed = await sql.query(CHANGE_PASSWORD, [userId, current, passwordHash]);
      if (changed.length === 0) throw this.refuse(userId, origin);
      await this.otps.invalidate(sql, userId);
      return this.sessions.revokeAll(sql, userId, sessionId);
    });
    this.audit.record('password.changed', origin, { userId, sessionId, sessions });
  }

  private refuse(userId: string, origin: RequestOrigin): AppError {
    this.audit.record('password.refused', origin, { userId, reason: 'auth.invalid_credentials' });
    return new AppError('auth.invalid_credentials');
  }
}
