import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { Database } from '../../infra/postgres/database.js';
import { AccountService, ownerOf } from '../account/account.service.js';
import { SET_PASSWORD } from '../account/account.sql.js';
import { readIdentity } from '../account/identity.js';
import { PasswordService } from '../account/password.service.js';
import { AuditLog } from '../audit-log.js';
import { AccessRevocationService } from './access-revocation.service.js';
import { AccountCodeService } from './account-code.service.js';
import type { ResetPasswordDto } from './sign-in.dto.js';

/** Sets a new password with a one-time code. */
@Injectable()
export class ResetPasswordService {
  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly accounts: AccountService,
    private readonly codes: AccountCodeService,
    private readonly passwords: PasswordService,
    private readonly access: AccessRevocationService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Sets the password of the account that a code was sent to, and revokes its sessions and codes in the same transaction.
   * @throws AppError `auth.otp_invalid`, `auth.otp_attempts_exceeded`, `validation.failed` (also for a password that is easily
   * guessed), `service.unavailable`
   */
  async reset(dto: ResetPasswordDto, origin: RequestOrigin): Promise<void> {
    this.passwords.requireStrong(dto.newPassword, 'newPassword', {
      identities: [readIdentity(dto, this.settings).key],
    });
    const code = await this.codes.use(dto, 'reset_password', origin);
    // What only the account's owner may learn of it is compared after the code: such a password costs a new code.
    if (code.user) this.passwords.requireStrong(dto.newPassword, 'newPassword', ownerOf(code.user));
    const passwordHash = await this.passwords.hash(dto.newPassword);
    const { userId, sessions } = await this.database.transaction(async (sql) => {
      const id = await this.accounts.confirm(sql, code, null);
      await sql.query(SET_PASSWORD, [id, passwordHash]);
      return { userId: id, sessions: await this.access.revoke(sql, id) };
    });
    this.access.announce(userId);
    this.audit.record('password.reset', origin, { userId, sessions });
  }
}
