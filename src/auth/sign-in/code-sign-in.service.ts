import { Injectable } from '@nestjs/common';
import type { User } from '../../generated/prisma/client.js';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import type { TokensDto } from '../session/session.dto.js';
import type { IdentityDto, VerifyOtpDto } from './sign-in.dto.js';
import { readIdentity } from '../account/identity.js';
import type { CodePurpose } from '../otp/one-time-code.js';
import { OtpService, type Recipient, type SentCode } from '../otp/otp.service.js';
import { PasswordService } from '../account/password.service.js';
import { SessionService } from '../session/session.service.js';
import { AccountService, keysOf } from '../account/account.service.js';

/** The way in with a one-time code. */
@Injectable()
export class CodeSignInService {
  constructor(
    private readonly settings: Settings,
    private readonly accounts: AccountService,
    private readonly otps: OtpService,
    private readonly passwords: PasswordService,
    private readonly sessions: SessionService,
  ) {}

  /**
   * Sends a code to an account, where it said it is to be reached. Where codes really travel, an unknown identity is answered alike.
   * @throws AppError `auth.otp_cooldown`; `auth.user_not_found` only where codes are shown
   */
  async sendCode(dto: IdentityDto, purpose: CodePurpose, origin: RequestOrigin): Promise<SentCode> {
    const identity = readIdentity(dto, this.settings.DEFAULT_PHONE_REGION);
    const user = await this.accounts.find(identity);
    if (!user && this.otps.shown) throw new AppError('auth.user_not_found');
    const address = (identity.kind === 'email' && user?.email) || identity.address;
    return this.otps.send({ ...identity, address }, purpose, user && toRecipient(user), origin);
  }

  /**
   * Lets the owner of a right code in.
   * @throws AppError `auth.otp_invalid`, `auth.otp_attempts_exceeded`
   */
  async signIn(dto: VerifyOtpDto, origin: RequestOrigin): Promise<TokensDto> {
    const identity = readIdentity(dto, this.settings.DEFAULT_PHONE_REGION);
    const userId = await this.otps.use(identity, 'sign_in', dto.otp, origin);
    const passwordHash = await this.confirmed(userId, dto.password);
    const session = await this.sessions.begin({ userId, method: 'otp' }, origin, async (sql) => {
      await this.accounts.confirm(sql, userId, identity, passwordHash);
      await this.otps.resetGuard(sql, identity);
    });
    return this.sessions.toTokens(await this.accounts.get(userId), session);
  }

  /** The password given at sign-up, if it is repeated now; whoever planted another's number does not get theirs in. */
  private async confirmed(userId: string, password: string | undefined): Promise<string | null> {
    if (!password) return null;
    const { pendingPasswordHash } = await this.accounts.get(userId);
    const same =
      pendingPasswordHash !== null && (await this.passwords.matches(pendingPasswordHash, password));
    return same ? pendingPasswordHash : null;
  }
}

/** What the one-time codes need to know of an account. */
function toRecipient({ id, mobile, emailKey }: User): Recipient {
  return { id, identities: keysOf({ mobile, email: emailKey }) };
}
