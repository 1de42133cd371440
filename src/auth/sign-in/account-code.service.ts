import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import type { Sql } from '../../infra/postgres/database.js';
import { AccountService, addressOf } from '../account/account.service.js';
import { readIdentity, type Identity } from '../account/identity.js';
import type { CodePurpose } from '../otp/one-time-code.js';
import { OtpService, type Guess, type SentCode } from '../otp/otp.service.js';
import type { IdentityDto } from './sign-in.dto.js';

/** A right code that was used: it proves that the account's owner has the identity. */
export interface UsedCode {
  userId: string;
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
   * Uses a code: it works once. It opens the account that has the identity now, whoever signed up with it since the code was
   * sent: the code proves who holds the identity.
   * @throws AppError `auth.otp_invalid`, `auth.otp_attempts_exceeded`, `validation.failed`, `service.unavailable`
   */
  async use(
    dto: IdentityDto & Pick<Guess, 'otp' | 'challengeId'>,
    purpose: CodePurpose,
    origin: RequestOrigin,
  ): Promise<UsedCode> {
    const identity = readIdentity(dto, this.settings);
    await this.otps.use(identity, { purpose, otp: dto.otp, challengeId: dto.challengeId }, origin);
    const user = await this.accounts.find(identity);
    if (!user) throw new AppError('auth.otp_invalid');
    return { userId: user.id, identity };
  }

  /**
   * Confirms the identity that a used code proves. Locks: identity, account, day.
   * @param sql a transaction
   * @param passwordHash what the account's password becomes if this is its first proof; null: no password
   * @throws AppError `auth.otp_invalid` when the account is deleted or no longer has the identity
   */
  async confirm(sql: Sql, { userId, identity }: UsedCode, passwordHash: string | null): Promise<void> {
    await this.accounts.confirm(sql, userId, identity, passwordHash);
  }
}
