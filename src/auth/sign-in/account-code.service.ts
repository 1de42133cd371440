import { Injectable } from '@nestjs/common';
import type { User } from '../../generated/prisma/client.js';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { AccountService, addressOf } from '../account/account.service.js';
import { readIdentity, type Identity } from '../account/identity.js';
import type { CodePurpose } from '../otp/one-time-code.js';
import { OtpService, type Guess, type SentCode } from '../otp/otp.service.js';
import type { IdentityDto } from './sign-in.dto.js';

/** A right code that was used: it proves who holds the identity. */
export interface UsedCode {
  /** The account that has the identity; null: none has it. */
  user: User | null;
  identity: Identity;
}

/** One-time codes for people who are not signed in: to sign in, or to reset the password. */
@Injectable()
export class AccountCodeService {
  constructor(
    private readonly settings: Settings,
    private readonly accounts: AccountService,
    private readonly otps: OtpService,
  ) {}

  /**
   * Sends a code to the identity of an account. Where codes are delivered, the response does not reveal whether there is an account.
   * @throws AppError `auth.otp_cooldown`; `auth.user_not_found` only where codes are returned in the response;
   * `validation.failed`, `service.unavailable`
   */
  async send(dto: IdentityDto, purpose: CodePurpose, origin: RequestOrigin): Promise<SentCode> {
    const identity = readIdentity(dto, this.settings);
    const user = await this.accounts.find(identity);
    if (!user && this.otps.shown) throw new AppError('auth.user_not_found');
    const recipient = user && { id: user.id, verified: user.verifiedAt !== null };
    const address = addressOf(user, identity);
    return this.otps.send({ identity: { ...identity, address }, purpose, recipient, account: null }, origin);
  }

  /**
   * Uses a code: it works once. It proves who holds the identity, whoever signed up with it since the code was sent.
   * @throws AppError `auth.otp_invalid`, `auth.otp_attempts_exceeded`, `validation.failed`, `service.unavailable`
   */
  async use(
    dto: IdentityDto & Pick<Guess, 'otp' | 'challengeId'>,
    purpose: CodePurpose,
    origin: RequestOrigin,
  ): Promise<UsedCode> {
    const identity = readIdentity(dto, this.settings);
    await this.otps.use(identity, { purpose, otp: dto.otp, challengeId: dto.challengeId }, origin);
    return { user: await this.accounts.find(identity), identity };
  }
}
