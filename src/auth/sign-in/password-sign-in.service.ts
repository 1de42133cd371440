import { Injectable } from '@nestjs/common';
import type { User } from '../../generated/prisma/client.js';
import { AppError } from '../../common/errors/app-error.js';
import type { ErrorCode } from '../../common/errors/catalogue.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { AccountService } from '../account/account.service.js';
import { LOCK_PASSWORD } from '../account/account.sql.js';
import { readIdentity, type Identity } from '../account/identity.js';
import { PasswordGuard, type GuessSubject } from '../account/password-guard.js';
import { PasswordService } from '../account/password.service.js';
import { AuditLog, maskIdentity, type AuditFacts } from '../audit-log.js';
import { RefreshRotationService } from '../session/refresh-rotation.service.js';
import type { TokensDto } from '../session/session.dto.js';
import { SessionIssuerService } from '../session/session-issuer.service.js';
import type { LoginDto } from './sign-in.dto.js';

/** Signs in with a password. */
@Injectable()
export class PasswordSignInService {
  constructor(
    private readonly settings: Settings,
    private readonly accounts: AccountService,
    private readonly guard: PasswordGuard,
    private readonly passwords: PasswordService,
    private readonly devices: RefreshRotationService,
    private readonly issuer: SessionIssuerService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Opens a session for the owner of a password. A refusal takes as long for an unknown account and for one without a password.
   * @throws AppError `auth.invalid_credentials`, `rate_limit.exceeded` after too many failures of the identity,
   * `validation.failed`, `service.unavailable`
   */
  async signIn(dto: LoginDto, origin: RequestOrigin): Promise<TokensDto> {
    const identity = readIdentity(dto, this.settings);
    const user = await this.accounts.find(identity);
    const facts = { userId: user?.id, identity: maskIdentity(identity.key), method: 'password' } as const;
    const subject = await this.subjectOf(identity, user, dto.knownDevice);
    await this.guard.count(subject).catch((error: AppError) => {
      throw this.refuse(error.code, facts, origin, error);
    });
    const comparison = await this.passwords.compare(user?.passwordHash, dto.password);
    if (!user || comparison === 'different') throw this.refuse('auth.invalid_credentials', facts, origin);
    const session = await this.issuer.open(facts, origin, async (sql) => {
      const unchanged = await sql.query(LOCK_PASSWORD, [user.id, user.passwordHash]);
      // The password was changed after it was read: the old one must not open a session any more.
      if (unchanged.length === 0) throw this.refuse('auth.invalid_credentials', facts, origin);
      await this.guard.forget(sql, subject);
      return user.id;
    });
    if (comparison === 'as_typed') await this.rehash(user, dto.password);
    return this.issuer.toTokens(user, session);
  }

  /** Failures of strangers do not count against a device of the account, nor its own against others. */
  private async subjectOf(
    identity: Identity,
    user: User | null,
    knownDevice: string | undefined,
  ): Promise<GuessSubject> {
    const device = knownDevice && (await this.devices.findDevice(knownDevice, user?.id ?? null));
    return device ? { device } : { identity: identity.key };
  }

  /** Stores the password in the form that is hashed today, unless it was changed meanwhile. */
  private async rehash(user: User, password: string): Promise<void> {
    await this.accounts.replacePassword(user.id, user.passwordHash, await this.passwords.hash(password));
  }

  private refuse(reason: ErrorCode, facts: AuditFacts, origin: RequestOrigin, error?: AppError): AppError {
    this.audit.record('sign_in.failed', origin, { ...facts, reason });
    return error ?? new AppError(reason);
  }
}
