import { Injectable } from '@nestjs/common';
import type { User } from '../../generated/prisma/client.js';
import type { Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { Database } from '../../infra/postgres/database.js';
import { AccountService } from '../account/account.service.js';
import { invalidIdentity, keysOfIdentity, readIdentity } from '../account/identity.js';
import { PasswordGuard } from '../account/password-guard.js';
import { PasswordService } from '../account/password.service.js';
import { AuditLog } from '../audit-log.js';
import { OtpService } from '../otp/otp.service.js';
import { REAUTHENTICATE_SESSION } from '../session/session.sql.js';
import type { ReauthenticateDto } from './sign-in.dto.js';

/** Makes a session recent again: its owner proves who he is, as at a sign-in. */
@Injectable()
export class ReauthenticationService {
  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly accounts: AccountService,
    private readonly guard: PasswordGuard,
    private readonly passwords: PasswordService,
    private readonly otps: OtpService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Checks the password, or a code that was sent to an identity of the account, and makes the session of the request recent.
   * @throws AppError `auth.invalid_credentials`, `rate_limit.exceeded` after too many wrong passwords; `auth.otp_invalid`,
   * `auth.otp_attempts_exceeded`; `validation.failed` unless exactly one of both is given; `service.unavailable`
   */
  async reauthenticate(user: Principal, dto: ReauthenticateDto, origin: RequestOrigin): Promise<void> {
    const { userId, sessionId } = user;
    const { password, otp, challengeId } = dto;
    const account = await this.accounts.get(userId);
    if (password !== undefined && otp === undefined) await this.requirePassword(account, password, origin);
    else if (password === undefined && otp !== undefined && challengeId !== undefined)
      await this.requireCode(account, { otp, challengeId }, origin);
    else throw invalidIdentity('password', 'Give either password, or otp and challengeId');
    await this.database.query(REAUTHENTICATE_SESSION, [sessionId]);
    const method = password === undefined ? 'otp' : 'password';
    this.audit.record('session.reauthenticated', origin, { userId, sessionId, method });
  }

  private async requirePassword(account: User, password: string, origin: RequestOrigin): Promise<void> {
    const subject = { account: account.id };
    await this.guard.count(subject);
    if (!(await this.passwords.matches(account.passwordHash, password)))
      throw this.refuse(account.id, origin);
    await this.guard.forget(this.database, subject);
  }

  private async requireCode(
    account: User,
    { otp, challengeId }: { otp: string; challengeId: string },
    origin: RequestOrigin,
  ): Promise<void> {
    const guess = { purpose: 'sign_in', otp, account: account.id } as const;
    const { mobile, email } = account;
    const identities = [...(mobile === null ? [] : [{ mobile }]), ...(email === null ? [] : [{ email }])];
    const keys = identities.flatMap((fields) => keysOfIdentity(readIdentity(fields, this.settings)));
    await this.otps.useChallenge(keys, guess, challengeId, origin);
  }

  private refuse(userId: string, origin: RequestOrigin): AppError {
    const reason = 'auth.invalid_credentials';
    this.audit.record('password.refused', origin, { userId, reason });
    return new AppError(reason);
  }
}
