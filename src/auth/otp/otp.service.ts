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
  type SendRow,
  type UseRow,
} from './otp.sql.js';

/** The person a code is for: null where nobody is known, which costs the same and sends nothing. */
export interface Recipient {
  id: string;
  /** The keys of all their identities. */
  identities: string[];
}

export interface SentCode {
  expiresInSeconds: number;
  resendAfterSeconds: number;
  otp?: string;
}

/** One-time codes: sent, guessed and used, counted in PostgreSQL in one statement each. */
@Injectable()
export class OtpService {
  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly codes: OneTimeCodes,
    private readonly queue: WorkQueue,
    private readonly audit: AuditLog,
  ) {}

  /** Codes are returned in the response instead of being sent. */
  get shown(): boolean {
    return this.settings.OTP_DELIVERY === 'response';
  }

  /**
   * Makes a new code, which replaces the last one of its purpose, and has it delivered.
   * @throws AppError `auth.otp_cooldown` while the last code is too young
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
    const [row] = await this.database.query<SendRow>(SEND_CODE, [
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
   * Uses a code up. @param onlyFor a person who alone may use it
   * @returns the person it was sent for
   * @throws AppError `auth.otp_invalid`, or `auth.otp_attempts_exceeded` without a look at the code
   */
  async use(
    identity: Identity,
    purpose: CodePurpose,
    otp: string,
    origin: RequestOrigin,
    onlyFor: string | null = null,
  ): Promise<string> {
    const [row] = await this.database.query<UseRow>(USE_CODE, [
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

  /** After a right code: forgets the wrong guesses of the identity and its cooldown. */
  async resetGuard(sql: Sql, { key }: Identity): Promise<void> {
    await sql.query(RESET_CODE_GUARD, [[key]]);
  }

  /** Makes every code that was sent to a person worthless. */
  async invalidate(sql: Sql, userId: string): Promise<void> {
    await sql.query(INVALIDATE_CODES, [userId]);
  }

  /** Deletes the codes of a person and of these identities, with their counts of guesses. */
  async deleteAll(sql: Sql, userId: string, identities: string[]): Promise<void> {
    await sql.query(DELETE_CODES, [identities, userId]);
  }

  private toRefusal(row: UseRow | undefined): AppError {
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
