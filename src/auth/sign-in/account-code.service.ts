import { Injectable } from '@nestjs/common';
import type { User } from '../../generated/prisma/client.js';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import type { Sql } from '../../infra/postgres/database.js';
import { AccountService, keysOf } from '../account/account.service.js';
import { readIdentity, type Identity } from '../account/identity.js';
import type { CodePurpose } from '../otp/one-time-code.js';
import { OtpService, type Recipient, type SentCode } from '../otp/otp.service.js';
import type { IdentityDto } from './sign-in.dto.js';

/** Characters of an address that every mail server takes. */
const ASCII = /^[\x21-\x7e]+$/;

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
    const address = addressOf(user, identity);
    return this.otps.send({ ...identity, address }, purpose, user && toRecipient(user), origin);
  }

  /**
   * Uses a code that was sent to an account: it works once.
   * @throws AppError `auth.otp_invalid`, `auth.otp_attempts_exceeded`, `validation.failed`, `service.unavailable`
   */
  async use(
    dto: IdentityDto & { otp: string },
    purpose: CodePurpose,
    origin: RequestOrigin,
  ): Promise<UsedCode> {
    const identity = readIdentity(dto, this.settings);
    return { userId: await this.otps.use(identity, purpose, dto.otp, origin), identity };
  }

  /**
   * Confirms the identity that a used code proves. Locks: identity, account, day, code guard.
   * @param sql a transaction
   * @param passwordHash what the account's password becomes if this is its first proof; null: no password
   * @throws AppError `auth.otp_invalid` when the account is deleted or no longer has the identity
   */
  async confirm(sql: Sql, { userId, identity }: UsedCode, passwordHash: string | null): Promise<void> {
    await this.accounts.confirm(sql, userId, identity, passwordHash);
    await this.otps.resetGuard(sql, identity);
  }
}

function toRecipient(user: User): Recipient {
  return { id: user.id, identities: keysOf(user) };
}

/** Mail goes to the address as the account has it, unless that is no form of it that mail servers know. */
function addressOf(user: User | null, identity: Identity): string {
  return identity.kind === 'email' && user?.email && ASCII.test(user.email) ? user.email : identity.address;
}
