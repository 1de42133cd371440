import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { AuditLog, maskIdentity, type AuditFacts } from '../audit-log.js';
import type { LoginDto } from './sign-in.dto.js';
import type { TokensDto } from '../session/session.dto.js';
import { readIdentity } from '../account/identity.js';
import { PasswordService } from '../account/password.service.js';
import { SessionService } from '../session/session.service.js';
import { AccountService } from '../account/account.service.js';
import { LOCK_PASSWORD } from '../account/account.sql.js';

/** The way in with a password. */
@Injectable()
export class PasswordSignInService {
  constructor(
    private readonly settings: Settings,
    private readonly accounts: AccountService,
    private readonly passwords: PasswordService,
    private readonly sessions: SessionService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Lets the owner of a password in. An account without one, and no account, take as long to refuse.
   * @throws AppError `auth.invalid_credentials`
   */
  async signIn(dto: LoginDto, origin: RequestOrigin): Promise<TokensDto> {
    const identity = readIdentity(dto, this.settings.DEFAULT_PHONE_REGION);
    const user = await this.accounts.find(identity);
    const right = await this.passwords.matches(user?.passwordHash, dto.password);
    const facts = { userId: user?.id, identity: maskIdentity(identity.key), method: 'password' } as const;
    if (!user || !right) throw this.refuse(facts, origin);
    const session = await this.sessions.begin({ ...facts, userId: user.id }, origin, async (sql) => {
      const same = await sql.query(LOCK_PASSWORD, [user.id, user.passwordHash]);
      // One that is changed while it is being checked lets nobody in any more.
      if (same.length === 0) throw this.refuse(facts, origin);
    });
    return this.sessions.toTokens(user, session);
  }

  private refuse(facts: AuditFacts, origin: RequestOrigin): AppError {
    const reason = 'auth.invalid_credentials';
    this.audit.record('sign_in.failed', origin, { ...facts, reason });
    return new AppError(reason);
  }
}
