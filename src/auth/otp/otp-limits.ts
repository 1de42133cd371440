import { Injectable, Logger } from '@nestjs/common';
import { ServerKeys } from '../../common/crypto/secrets.js';
import { AppError } from '../../common/errors/app-error.js';
import { networkOf } from '../../common/http/client-address.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { useKeyOf, type Identity } from '../account/identity.js';
import type { CodePurpose } from './one-time-code.js';
import type { GuessLimits, SendLimits, SentCodeRow, UsedCodeRow } from './otp.sql.js';

/** What a code is asked for. */
export interface CodeRequest {
  identity: Identity;
  purpose: CodePurpose;
  /** The account that it is sent to; null: the same work is done, and nothing is delivered. */
  recipient: { id: string; verified: boolean } | null;
  /** The signed-in account that asks; null: the person is not signed in. */
  account: string | null;
}

/** Guesses an hour at an identity that name no challenge, from all addresses together. */
const GUESSES_PER_HOUR = 20;
/** The part of the service's budget after which an operator is alerted. */
const ALERT_AT = 0.8;

/** What limits the sending and guessing of codes, and how a limit is told to the client and to the operator. */
@Injectable()
export class OtpLimits {
  private readonly logger = new Logger(OtpLimits.name);

  constructor(
    private readonly settings: Settings,
    private readonly keys: ServerKeys,
  ) {}

  ofSend({ identity, purpose, recipient, account }: CodeRequest, origin: RequestOrigin): SendLimits {
    const { settings } = this;
    return [
      this.hash('identity', useKeyOf(identity)),
      this.hash('address', networkOf(origin.ip)),
      account && this.hash('account', account),
      settings.OTP_RESEND_SECONDS,
      settings.OTP_MAX_SENDS_PER_IDENTITY_PER_HOUR,
      settings.OTP_MAX_SENDS_PER_IDENTITY_PER_DAY,
      settings.OTP_MAX_NEW_IDENTITIES_PER_DAY,
      settings.OTP_MAX_SENDS_PER_HOUR ?? null,
      recipient !== null || account !== null,
      purpose === 'sign_in' && recipient?.verified === true,
    ];
  }

  ofGuess(identity: Identity, account: string | undefined, origin: RequestOrigin): GuessLimits {
    return [
      this.hash('identity', useKeyOf(identity)),
      this.hash('address', networkOf(origin.ip)),
      this.settings.OTP_MAX_ATTEMPTS,
      GUESSES_PER_HOUR,
      this.settings.OTP_EXPIRATION_MINUTES,
      account ? this.hash('account', account) : null,
    ];
  }

  /** The error of a code that a limit refuses. */
  toRefusal(row: SentCodeRow | undefined): AppError {
    const retryAfter = row?.retryAfter ?? this.settings.OTP_RESEND_SECONDS;
    return new AppError(row?.exhausted ? 'service.unavailable' : 'auth.otp_cooldown', { retryAfter });
  }

  /** The error of a guess that is wrong, or was not compared. @param row undefined: there is no such challenge */
  toGuessRefusal(row: Pick<UsedCodeRow, 'counted' | 'retryAfter'> | undefined): AppError {
    if (row?.counted !== false) return new AppError('auth.otp_invalid');
    return new AppError('auth.otp_attempts_exceeded', {
      detail: 'Too many wrong codes. Ask for a new one, or wait.',
      retryAfter: row.retryAfter ?? this.settings.OTP_EXPIRATION_MINUTES * 60,
    });
  }

  /** Alerts the operator once an hour: of all codes that are counted, one is the first beyond the part. @param spent null: not counted */
  watchBudget(spent: number | null): void {
    const budget = this.settings.OTP_MAX_SENDS_PER_HOUR;
    if (budget === undefined || spent !== Math.floor(budget * ALERT_AT) + 1) return;
    this.logger.error(
      { alert: 'otp.budget', sends: spent, budget },
      'the codes of this hour are nearly used up',
    );
  }

  /** The log outlives accounts and codes, so it holds keyed hashes. */
  private hash(what: 'identity' | 'address' | 'account', value: string): string {
    return this.keys.hmacs('otp-limit', what, value)[0].toString('base64url');
  }
}
