import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { Database, type Sql } from '../../infra/postgres/database.js';
import { WorkQueue } from '../../infra/work/work-queue.js';
import { AuditLog, maskIdentity } from '../audit-log.js';
import type { Identity } from '../account/identity.js';
import { OneTimeCodes, type CodePurpose } from './one-time-code.js';
import {
  DELETE_CODES,
  INVALIDATE_CODES,
  MAX_FAILURES_BEFORE_SLOW,
  RESET_CODE_GUARD,
  SEND_CODE,
  USE_CODE,
  type UsedCodeRow,
} from './otp.sql.js';

/** The account that a code is sent to. */
export interface Recipient {
  id: string;
  /** The keys of all its identities. */
  identities: string[];
}

/** A code that was sent. */
export interface SentCode {
  /** Seconds that the code is valid. */
  expiresInSeconds: number;
  /** Seconds until another code may be sent to the identity. */
  resendAfterSeconds: number;
  /** The code itself, only where codes are returned in the response. */
  otp?: string;
}

/** Sends and uses one-time codes. Sending and using is one statement each, so that parallel requests cannot pass the limits. */
@Injectable()
export class OtpService {
  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly codes: OneTimeCodes,
    private readonly queue: WorkQueue,
    private readonly audit: AuditLog,
  ) {}

  /** Whether codes are returned in the response instead of being sent. */
  get shown(): boolean {
    return this.settings.OTP_DELIVERY === 'response';
  }

  /**
   * Makes a code in place of the last one of the identity and purpose, and queues its delivery.
   * @param recipient null when no account has the identity: the same work is done, and nothing is delivered
   * @throws AppError `auth.otp_cooldown` when the identity's last code was sent too recently; `service.unavailable`
   */
  async send(
    identity: Identity,
    purpose: CodePurpose,
    recipient: Recipient | null,
    origin: RequestOrigin,
  ): Promise<SentCode> {
    const facts = { userId: recipient?.id, identity: maskIdentity(identity.key), purpose };
    const id = uuidv7();
    const otp = this.codes.create();
    const [row] = await this.database.query(SEND_CODE, [
      identity.key,
      purpose,
      id,
      recipient?.id ?? null,
      this.codes.hashes(identity.key, purpose, otp)[0],
      this.shown ? null : this.codes.seal(id, { kind: identity.kind, address: identity.address, otp }),
      this.settings.OTP_EXPIRATION_MINUTES,
      origin.requestId,
      this.settings.OTP_RESEND_SECONDS,
      MAX_FAILURES_BEFORE_SLOW - this.settings.OTP_MAX_ATTEMPTS,
      [identity.key, ...(recipient?.identities ?? [])],
    ]);
    if (!row?.sent) {
      this.audit.record('otp.refused', origin, { ...facts, reason: 'auth.otp_cooldown' });
      throw new AppError('auth.otp_cooldown', {
        retryAfter: row?.retryAfter ?? this.settings.OTP_RESEND_SECONDS,
      });
    }
    if (!this.shown) await this.queue.add('code-delivery', [{ subjectId: id, claim: 0, priority: 1 }]);
    this.audit.record('otp.sent', origin, facts);
    return this.toSentCode(otp);
  }

  /**
   * Uses a code: it works once.
   * @param onlyFor the only account that may use it; null: the one that it was sent to, whichever that is
   * @returns the account that the code was sent to
   * @throws AppError `auth.otp_invalid`; `auth.otp_attempts_exceeded` when no guess was left, so that the code was not compared;
   * `service.unavailable`
   */
  async use(
    identity: Identity,
    purpose: CodePurpose,
    otp: string,
    origin: RequestOrigin,
    onlyFor: string | null = null,
  ): Promise<string> {
    const [row] = await this.database.query(USE_CODE, [
      identity.key,
      purpose,
      this.codes.hashes(identity.key, purpose, otp),
      this.settings.OTP_EXPIRATION_MINUTES,
      this.settings.OTP_MAX_ATTEMPTS,
      onlyFor,
    ]);
    if (row?.userId) return row.userId;
    const refusal = this.toRefusal(row);
    const facts = {
      method: 'otp',
      identity: maskIdentity(identity.key),
      purpose,
      reason: refusal.code,
    } as const;
    this.audit.record(purpose === 'sign_in' ? 'sign_in.failed' : 'otp.failed', origin, facts);
    throw refusal;
  }

  /**
   * Resets the count of wrong guesses and the cooldown of an identity, after a right code. Locks: code guard.
   * @param sql a transaction
   */
  async resetGuard(sql: Sql, { key }: Identity): Promise<void> {
    await sql.query(RESET_CODE_GUARD, [[key]]);
  }

  /**
   * Makes every code that was sent to an account unusable. Locks: code.
   * @param sql a transaction that has locked the account
   */
  async invalidate(sql: Sql, userId: string): Promise<void> {
    await sql.query(INVALIDATE_CODES, [userId]);
  }

  /**
   * Deletes the codes of an account and of its identities, and their counts of guesses. Locks: code guard, code.
   * @param sql a transaction that has locked the account
   * @param identities keys of the identities
   */
  async deleteAll(sql: Sql, userId: string, identities: string[]): Promise<void> {
    await sql.query(RESET_CODE_GUARD, [identities]);
    await sql.query(DELETE_CODES, [identities, userId]);
  }

  private toRefusal(row: UsedCodeRow | undefined): AppError {
    if (row?.counted) return new AppError('auth.otp_invalid');
    return new AppError('auth.otp_attempts_exceeded', {
      detail: 'Too many wrong codes. Wait, then ask for a new one.',
      retryAfter: row?.retryAfter ?? this.settings.OTP_EXPIRATION_MINUTES * 60,
    });
  }

  private toSentCode(otp: string): SentCode {
    return {
      expiresInSeconds: this.settings.OTP_EXPIRATION_MINUTES * 60,
      resendAfterSeconds: this.settings.OTP_RESEND_SECONDS,
      ...(this.shown && { otp }),
    };
  }
}
