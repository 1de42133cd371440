import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { AccountService } from '../account/account.service.js';
import { LOCK_PASSWORD } from '../account/account.sql.js';
import { readIdentity } from '../account/identity.js';
import { PasswordService } from '../account/password.service.js';
import { AuditLog, maskIdentity, type AuditFacts } from '../audit-log.js';
import type { TokensDto } from '../session/session.dto.js';
import { SessionIssuerService } from '../session/session-issuer.service.js';
import type { LoginDto } from './sign-in.dto.js';

/** Signs in with a password. */
@Injectable()
export class PasswordSignInService {
  constructor(
    private readonly settings: Settings,
    private readonly accounts: AccountService,
    private readonly passwords: PasswordService,
    private readonly issuer: SessionIssuerService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Opens a session for the owner of a password. A refusal takes as long for an unknown account and for one without a password.
   * @throws AppError `auth.invalid_credentials`, `validation.failed`, `service.unavailable`
   */
  async signIn(dto: LoginDto, origin: RequestOrigin): Promise<TokensDto> {
    const identity = readIdentity(dto, this.settings);
    const user = await this.accounts.find(identity);
    const matches = await this.passwords.matches(user?.passwordHash, dto.password);
    const facts = { userId: user?.id, identity: maskIdentity(identity.key), method: 'password' } as const;
    if (!user || !matches) throw this.refuse(facts, origin);
    const session = await this.issuer.open({ ...facts, userId: user.id }, origin, async (sql) => {
      const unchanged = await sql.query(LOCK_PASSWORD, [user.id, user.passwordHash]);
      // The password was changed after it was read: the old one must not open a session any more.
      if (unchanged.length === 0) throw this.refuse(facts, origin);
    });
    return this.issuer.toTokens(user, session);
  }

  private refuse(facts: AuditFacts, origin: RequestOrigin): AppError {
    const reason = 'auth.invalid_credentials';
    this.audit.record('sign_in.failed', origin, { ...facts, reason });
    return new AppError(reason);
  }
}
