import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { Database, type Sql } from '../../infra/postgres/database.js';
import { WorkQueue } from '../../infra/work/work-queue.js';
import { AuditLog, maskIdentity } from '../audit-log.js';
import type { Identity } from '../account/identity.js';
import { OneTimeCodes, type CodePurpose, readCode } from './one-time-code.js';
import { OtpLimits, type CodeRequest } from './otp-limits.js';
import {
  DELETE_CODES,
  INVALIDATE_CODES,
  SEND_CODE,
  USE_CHALLENGE,
  USE_CODE,
  type UsedCodeRow,
} from './otp.sql.js';

/** A code that was sent. */
export interface SentCode {
  /** Names the code when it is used. */
  challengeId: string;
  /** Seconds that the code is valid. */
  expiresInSeconds: number;
  /** Seconds until the same address may ask for another code of the identity and purpose. */
  resendAfterSeconds: number;
  /** The code itself, only where codes are returned in the response. */
  otp?: string;
}

/** A guess at a code. */
export interface Guess {
  purpose: CodePurpose;
  otp: string;
  challengeId?: string | null;
  /** The only account whose code may be used; undefined: any. */
  account?: string;
}

/** Sends and uses one-time codes. Sending and using is one statement each, so that parallel requests cannot pass the limits. */
@Injectable()
export class OtpService {
  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly codes: OneTimeCodes,
    private readonly limits: OtpLimits,
    private readonly queue: WorkQueue,
    private readonly audit: AuditLog,
  ) {}

  /** Whether codes are returned in the response instead of being sent. */
  get shown(): boolean {
    return this.settings.OTP_DELIVERY === 'response';
  }

  /**
   * Makes a code under a challenge of its own, and queues its delivery. Codes that were sent before stay valid, but for the
   * oldest of more than three.
   * @throws AppError `auth.otp_cooldown` when a limit of the address, the identity or the account refuses it;
   * `service.unavailable` also when the service has sent as many codes in this hour as it may
   */
  async send(request: CodeRequest, origin: RequestOrigin): Promise<SentCode> {
    const { identity, purpose, recipient } = request;
    const facts = {
      userId: recipient?.id ?? request.account ?? undefined,
      identity: maskIdentity(identity.key),
      purpose,
    };
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
      ...this.limits.ofSend(request, origin),
    ]);
    if (!row?.sent) {
      const refusal = this.limits.toRefusal(row);
      this.audit.record('otp.refused', origin, { ...facts, reason: refusal.code });
      throw refusal;
    }
    this.limits.watchBudget(row.spent);
    const { priority } = row;
    if (priority !== null) await this.queue.add('code-delivery', [{ subjectId: id, claim: 0, priority }]);
    this.audit.record('otp.sent', origin, facts);
    return this.toSentCode(id, otp);
  }

  /**
   * Uses a code that was sent to an identity: it works once. A guess that names a challenge counts against that challenge
   * alone, so that nobody who lacks it can lock the person out.
   * @throws AppError `auth.otp_invalid`; `auth.otp_attempts_exceeded` when no guess was left, so that the code was not compared;
   * `service.unavailable`
   */
  async use(identity: Identity, guess: Guess, origin: RequestOrigin): Promise<void> {
    if (guess.challengeId) return this.useChallenge([identity.key], guess, guess.challengeId, origin);
    const { purpose, account } = guess;
    const [row] = await this.database.query(USE_CODE, [
      identity.key,
      purpose,
      this.codes.hashes(identity.key, purpose, readCode(guess.otp)),
      account ?? null,
      ...this.limits.ofGuess(identity, account, origin),
    ]);
    if (!row?.right) throw this.refuse(row, [identity.key], guess, origin);
  }

  /**
   * Uses the code of a challenge that was sent to one of several identities.
   * @param identities their keys
   * @throws AppError as `use`
   */
  async useChallenge(
    identities: string[],
    guess: Omit<Guess, 'challengeId'>,
    challengeId: string,
    origin: RequestOrigin,
  ): Promise<void> {
    const { purpose, account } = guess;
    const otp = readCode(guess.otp);
    const [row] = await this.database.query(USE_CHALLENGE, [
      challengeId,
      identities,
      purpose,
      identities.flatMap((key) => this.codes.hashes(key, purpose, otp)),
      this.settings.OTP_MAX_ATTEMPTS,
      account ?? null,
    ]);
    if (!row?.right) throw this.refuse(row, identities, guess, origin);
  }

  /**
   * Makes every code unusable that was sent to an account or to an identity that it has. Locks: challenge.
   * @param sql a transaction that has locked the account
   */
  async invalidate(sql: Sql, userId: string): Promise<void> {
    await sql.query(INVALIDATE_CODES, [userId]);
  }

  /**
   * Deletes the codes of an account and of its identities. Locks: challenge.
   * @param sql a transaction that has locked the account
   * @param identities keys of the identities
   */
  async deleteAll(sql: Sql, userId: string, identities: string[]): Promise<void> {
    await sql.query(DELETE_CODES, [identities, userId]);
  }

  private refuse(
    row: Pick<UsedCodeRow, 'counted' | 'retryAfter'> | undefined,
    identities: string[],
    { purpose, account }: Omit<Guess, 'otp'>,
    origin: RequestOrigin,
  ): AppError {
    const refusal = this.limits.toGuessRefusal(row);
    const [identity] = identities.map(maskIdentity);
    const facts = { userId: account, identity, purpose, method: 'otp', reason: refusal.code } as const;
    this.audit.record(purpose === 'sign_in' ? 'sign_in.failed' : 'otp.failed', origin, facts);
    return refusal;
  }

  private toSentCode(challengeId: string, otp: string): SentCode {
    return {
      challengeId,
      expiresInSeconds: this.settings.OTP_EXPIRATION_MINUTES * 60,
      resendAfterSeconds: this.settings.OTP_RESEND_SECONDS,
      ...(this.shown && { otp }),
    };
  }
}
