import { Injectable } from '@nestjs/common';
import type { User } from '../../generated/prisma/client.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { AccountService } from '../account/account.service.js';
import { PasswordService } from '../account/password.service.js';
import type { TokensDto } from '../session/session.dto.js';
import { SessionIssuerService } from '../session/session-issuer.service.js';
import { AccountCodeService } from './account-code.service.js';
import type { VerifyOtpDto } from './sign-in.dto.js';

/** Signs in with a one-time code. */
@Injectable()
export class CodeSignInService {
  constructor(
    private readonly codes: AccountCodeService,
    private readonly accounts: AccountService,
    private readonly passwords: PasswordService,
    private readonly issuer: SessionIssuerService,
  ) {}

  /**
   * Opens a session for the account that has the identity which the code proves. The first code verifies an account. A sign-up by
   * somebody else at the same time changes nothing: whoever received the code owns the identity.
   * @throws AppError `auth.otp_invalid`, `auth.otp_attempts_exceeded`, `validation.failed`, `service.unavailable`
   */
  async signIn(dto: VerifyOtpDto, origin: RequestOrigin): Promise<TokensDto> {
    const code = await this.codes.use(dto, 'sign_in', origin);
    const passwordHash = await this.repeatedPassword(code.user, dto.password);
    const session = await this.issuer.open({ method: 'otp' }, origin, (sql) =>
      this.accounts.confirm(sql, code, passwordHash),
    );
    return this.issuer.toTokens(await this.accounts.get(session.userId), session);
  }

  /**
   * The hash of the password given at sign-up, if it is repeated; else null. Without the repetition, a person who signs up with
   * another person's number would have a password to that person's account.
   */
  private async repeatedPassword(user: User | null, password: string | undefined): Promise<string | null> {
    const pending = user?.pendingPasswordHash;
    return password && pending && (await this.passwords.matches(pending, password)) ? pending : null;
  }
}
