import { Injectable } from '@nestjs/common';
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
   * Opens a session for the account that a code was sent to. The first code verifies the account.
   * @throws AppError `auth.otp_invalid`, `auth.otp_attempts_exceeded`, `validation.failed`, `service.unavailable`
   */
  async signIn(dto: VerifyOtpDto, origin: RequestOrigin): Promise<TokensDto> {
    const code = await this.codes.use(dto, 'sign_in', origin);
    const { userId } = code;
    const passwordHash = await this.repeatedPassword(userId, dto.password);
    const session = await this.issuer.open({ userId, method: 'otp' }, origin, (sql) =>
      this.codes.confirm(sql, code, passwordHash),
    );
    return this.issuer.toTokens(await this.accounts.get(userId), session);
  }

  /**
   * The hash of the password given at sign-up, if it is repeated; else null. Without the repetition, a person who signs up with
   * another person's number would have a password to that person's account.
   */
  private async repeatedPassword(userId: string, password: string | undefined): Promise<string | null> {
    if (!password) return null;
    const { pendingPasswordHash } = await this.accounts.get(userId);
    const same =
      pendingPasswordHash !== null && (await this.passwords.matches(pendingPasswordHash, password));
    return same ? pendingPasswordHash : null;
  }
}
