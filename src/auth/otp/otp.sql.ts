import type { Statement } from '../../infra/postgres/database.js';
import { enqueueItem, ownedItems } from '../../infra/work/work.sql.js';

/** The parameters of `SEND_CODE` from $9 on. */
export type SendLimits = [
  identityHash: string,
  origin: string,
  accountHash: string | null,
  cooldown: number,
  perHour: number,
  perDay: number,
  identities: number,
  budget: number | null,
  counted: boolean,
  exempt: boolean,
];

/** The parameters of `USE_CODE` from $5 on. */
export type GuessLimits = [
  identityHash: string,
  origin: string,
  perSend: number,
  perHour: number,
  validMinutes: number,
  accountHash: string | null,
];

/**
 * Makes a challenge and the item that delivers its code, if the limits admit it. `otp_admit_send` decides and logs it in this
 * statement, so that parallel requests cannot pass the limits. It does the same work whether or not there is an account.
 * A sign-in code is delivered before codes of other purposes, and of one account's codes each has a later place than the one
 * before, so that nobody waits for what another account asked for.
 * Locks: advisory locks of the account and the identity, budget, challenge, work item.
 * $1 key of the identity, $2 purpose, $3 id of the challenge, $4 account that the code is sent to or null, $5 hash of the code,
 * $6 sealed code or null, $7 minutes that the code is valid, $8 request id, $9 hash of the identity, $10 hash of the address,
 * $11 hash of the account that asks or null, $12 seconds between two codes, $13 and $14 codes an hour and a day, $15 identities a day,
 * $16 codes of the service an hour or null, $17 whether the code counts there, $18 whether it is sent whatever is left there.
 */
export const SEND_CODE: Statement<
  SentCodeRow,
  [
    identity: string,
    purpose: string,
    id: string,
    userId: string | null,
    codeHash: string,
    sealedCode: string | null,
    validMinutes: number,
    requestId: string,
    ...limits: SendLimits,
  ]
> = {
  name: 'otp_send',
  text: `
    WITH admission AS (
      SELECT * FROM otp_admit_send($1, $9, $2, $10, $11, $12, $13, $14, $15, $16, $17, $18)
    ), challenge AS (
      INSERT INTO otp_challenge (id, identity, purpose, user_id, origin, code_hash, sealed_code, sent_at, expires_at)
      SELECT $3::uuid, $1, $2, $4::uuid, $10, $5, $6, moment, moment + make_interval(mins => $7::int)
      FROM admission WHERE retry_at IS NULL
      RETURNING id, sealed_code
    ), item AS (${enqueueItem(
      {
        kind: `'code-delivery'`,
        subject: 'challenge.id::text',
        owner: '$4::uuid',
        priority: `CASE $2 WHEN 'sign_in' THEN 1 ELSE 1000 END + least(998, ${ownedItems(`'code-delivery'`, '$4::uuid')})`,
        requestId: '$8::text',
        firstPoll: '3000',
      },
      'challenge WHERE challenge.sealed_code IS NOT NULL',
    )}
    )
    SELECT retry_at IS NULL AS sent, exhausted, spent, (SELECT priority FROM item) AS priority,
           ceil(extract(epoch FROM retry_at - clock_timestamp()))::int AS "retryAfter"
    FROM admission`,
};

export interface SentCodeRow {
  /** False: a limit refuses it. */
  sent: boolean;
  /** Whether that limit is the budget of the service. */
  exhausted: boolean;
  /** Codes of this hour, this one included; null where the code does not count, or there is no budget. */
  spent: number | null;
  /** Of the item that delivers the code; null where there is none. */
  priority: number | null;
  /** Seconds until the limit admits a code again; null when it was sent. */
  retryAfter: number | null;
}

/**
 * Counts a guess against its challenge and voids the code if the guess is right, so that each code is used once, by one request.
 * Locks: challenge.
 * $1 challenge, $2 keys that its identity must be one of (text[]), $3 purpose, $4 hashes of the guess (text[]), $5 guesses
 * allowed, $6 the only account whose code may be used, or null for any.
 */
export const USE_CHALLENGE: Statement<
  UsedChallengeRow,
  [
    id: string,
    identities: string[],
    purpose: string,
    hashes: string[],
    maxGuesses: number,
    userId: string | null,
  ]
> = {
  name: 'otp_use_challenge',
  text: `
    WITH challenge AS (
      SELECT id, guesses < $5::int AS counted, expires_at,
             purpose = $3 AND expires_at > now() AND coalesce(code_hash = ANY($4::text[]), false)
               AND coalesce(user_id = coalesce($6::uuid, user_id), false) AS "right"
      FROM otp_challenge WHERE id = $1::uuid AND identity = ANY($2::text[]) FOR NO KEY UPDATE
    ), guess AS (
      UPDATE otp_challenge c SET guesses = c.guesses + 1, code_hash = CASE WHEN challenge."right" THEN NULL ELSE c.code_hash END
      FROM challenge WHERE c.id = challenge.id AND challenge.counted
    )
    SELECT counted, counted AND "right" AS "right", ceil(extract(epoch FROM expires_at - now()))::int AS "retryAfter" FROM challenge`,
};

/** No row: there is no such challenge of the identities. */
export interface UsedChallengeRow {
  /** False: no guess was left, so the code was not compared. */
  counted: boolean;
  right: boolean;
  /** Seconds until the challenge expires; negative when it has. */
  retryAfter: number;
}

/**
 * Counts a guess that names no challenge, and voids the code if the guess is right. `otp_admit_guess` decides and logs it in this
 * statement.
 * Locks: advisory lock of the identity, challenge.
 * $1 key of the identity, $2 purpose, $3 hashes of the guess (text[]), $4 the only account whose code may be used, or null for
 * any, $5 hash of the identity, $6 hash of the address, $7 guesses for each send, $8 guesses an hour, $9 minutes that a code is
 * valid, $10 hash of the account or null.
 */
export const USE_CODE: Statement<
  UsedCodeRow,
  [identity: string, purpose: string, hashes: string[], userId: string | null, ...limits: GuessLimits]
> = {
  name: 'otp_use_code',
  text: `
    WITH admission AS (
      SELECT otp_admit_guess($5, $2, $6, $10, $7, $8, $9) AS retry_at
    ), used AS (
      UPDATE otp_challenge c SET code_hash = NULL FROM admission
      WHERE retry_at IS NULL AND c.identity = $1 AND c.purpose = $2 AND c.code_hash = ANY($3::text[]) AND c.expires_at > now()
        AND c.user_id = coalesce($4::uuid, c.user_id)
      RETURNING 1
    )
    SELECT retry_at IS NULL AS counted, EXISTS (SELECT FROM used) AS "right",
           ceil(extract(epoch FROM retry_at - clock_timestamp()))::int AS "retryAfter"
    FROM admission`,
};

export interface UsedCodeRow {
  /** False: no guess was left, so the code was not compared. */
  counted: boolean;
  right: boolean;
  /** Seconds until a guess is left again; null while one is. */
  retryAfter: number | null;
}

/**
 * Makes the codes unusable that were sent to an account, or to an identity that it has.
 * Locks: challenge; the account must be locked before.
 * $1 account.
 */
export const INVALIDATE_CODES: Statement<never, [userId: string]> = {
  name: 'otp_invalidate',
  text: `
    UPDATE otp_challenge SET code_hash = NULL, sealed_code = NULL
    WHERE (user_id = $1 OR identity = ANY (ARRAY(
      SELECT unnest(ARRAY[mobile, email_key]) FROM app_user WHERE id = $1
    ))) AND code_hash IS NOT NULL`,
};

/**
 * Deletes the codes of identities and of an account. What the limits count stays: it holds no identity.
 * Locks: challenge; the account must be locked before.
 * $1 keys of the identities (text[]), $2 account.
 */
export const DELETE_CODES: Statement<never, [identities: string[], userId: string]> = {
  name: 'otp_delete',
  text: 'DELETE FROM otp_challenge WHERE identity = ANY($1::text[]) OR user_id = $2',
};
