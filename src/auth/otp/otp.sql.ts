import type { OneTimeCode } from '../../generated/prisma/client.js';
import type { Statement } from '../../infra/postgres/database.js';
import type { WorkItem } from '../../infra/work/define-work.js';
import { claimItem, enqueueItem, heldBy, ITEM_COLUMNS } from '../../infra/work/work.sql.js';

/** Wrong guesses, over all identities of an account, from which on codes are sent only once an hour. */
export const MAX_FAILURES_BEFORE_SLOW = 100;

/**
 * Replaces the code of an identity and a purpose, unless the identity's last code, of whatever purpose, was sent too recently
 * or too many guesses were wrong. It is one statement, so that of parallel requests only one passes the checks. It does the
 * same work whether or not there is an account. A code whose account is deleted in the meantime belongs to no account.
 * Locks: account (key share), code guard, code, work item.
 * $1 key of the identity, $2 purpose, $3 id of the code, $4 account or null, $5 hash of the code, $6 sealed code or null,
 * $7 minutes that the code is valid, $8 request id, $9 seconds between two codes, $10 wrong guesses above which codes are sent
 * once an hour, $11 keys whose wrong guesses count (text[]).
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
    cooldown: number,
    maxFailures: number,
    identities: string[],
  ]
> = {
  name: 'otp_send',
  text: `
    WITH recipient AS (
      SELECT id FROM app_user WHERE id = $4::uuid FOR KEY SHARE
    ), pace AS (
      SELECT coalesce(sum(failures), 0) > $10::int AS slow,
             coalesce(max(last_sent_at), '-infinity') + interval '1 hour' AS next
      FROM code_guard WHERE identity = ANY($11::text[])
    ), guard AS (
      INSERT INTO code_guard AS g (identity, last_sent_at)
      SELECT $1, now() FROM pace LEFT JOIN recipient ON true WHERE NOT slow OR next <= now()
      ON CONFLICT (identity) DO UPDATE SET last_sent_at = excluded.last_sent_at
        WHERE (g.failures <= $10::int OR g.last_sent_at <= now() - interval '1 hour')
          AND ($9::int = 0 OR coalesce(g.last_sent_at, '-infinity') <= now() - make_interval(secs => $9::int))
      RETURNING identity
    ), code AS (
      INSERT INTO one_time_code
        (identity, purpose, id, user_id, code_hash, sealed_code, expires_at)
      SELECT identity, $2, $3::uuid, (SELECT id FROM recipient), $5, $6, now() + make_interval(mins => $7::int)
      FROM guard
      ON CONFLICT (identity, purpose) DO UPDATE SET
        id = excluded.id, user_id = excluded.user_id, code_hash = excluded.code_hash,
        sealed_code = excluded.sealed_code, expires_at = excluded.expires_at
      RETURNING id, sealed_code
    ), item AS (${enqueueItem(
      { kind: `'code-delivery'`, subject: 'code.id::text', requestId: '$8::text', firstPoll: '3000' },
      'code WHERE code.sealed_code IS NOT NULL',
    )}
    )
    SELECT EXISTS (SELECT FROM code) AS sent,
           ceil(extract(epoch FROM greatest(
             (SELECT next FROM pace WHERE slow),
             (SELECT last_sent_at + make_interval(secs => $9::int) FROM code_guard WHERE identity = $1)
           ) - now()))::int AS "retryAfter"`,
};

export interface SentCodeRow {
  /** False: too early. */
  sent: boolean;
  /** Seconds until a code may be sent again. */
  retryAfter: number | null;
}

/**
 * Counts a guess and deletes the code if the guess is right, so that each code is used once, by one request. When no guess is left
 * nothing changes, and the first look at the count needs no lock, so that a flood of guesses is cheap. The count starts again
 * after a pause as long as a code is valid, so that no code meets more guesses than the limit.
 * Locks: code guard, code.
 * $1 key of the identity, $2 purpose, $3 hashes of the guess (text[]), $4 minutes until the count starts again,
 * $5 guesses allowed, $6 the only account that may use the code, or null for any.
 */
export const USE_CODE: Statement<
  UsedCodeRow,
  [
    identity: string,
    purpose: string,
    hashes: string[],
    resetMinutes: number,
    maxAttempts: number,
    userId: string | null,
  ]
> = {
  name: 'otp_use',
  text: `
    WITH guess AS (
      INSERT INTO code_guard AS g (identity, attempts, failures, resets_at)
      SELECT $1, 1, 1, now() + make_interval(mins => $4::int)
      WHERE NOT EXISTS (SELECT FROM code_guard WHERE identity = $1 AND attempts >= $5::int AND resets_at > now())
      ON CONFLICT (identity) DO UPDATE SET
        attempts = CASE WHEN g.resets_at <= now() THEN 1 ELSE g.attempts + 1 END,
        failures = g.failures + 1,
        resets_at = excluded.resets_at
        WHERE g.attempts < $5::int OR g.resets_at <= now()
      RETURNING identity
    ), used AS (
      DELETE FROM one_time_code c USING guess
      WHERE c.identity = guess.identity AND c.purpose = $2 AND c.code_hash = ANY($3::text[])
        AND c.expires_at > now() AND c.user_id = coalesce($6::uuid, c.user_id)
      RETURNING c.user_id
    )
    SELECT EXISTS (SELECT FROM guess) AS counted,
           (SELECT user_id FROM used) AS "userId",
           (SELECT ceil(extract(epoch FROM resets_at - now()))::int FROM code_guard WHERE identity = $1) AS "retryAfter"`,
};

export interface UsedCodeRow {
  /** False: no guess was left, so the code was not compared. */
  counted: boolean;
  /** The account that the code was sent to; null: the guess was wrong. */
  userId: OneTimeCode['userId'];
  /** Seconds until the count of guesses starts again. */
  retryAfter: number | null;
}

/**
 * Deletes the counts of guesses and the cooldown of identities: after a right code, or with their account.
 * Locks: code guard.
 * $1 keys of the identities (text[]).
 */
export const RESET_CODE_GUARD: Statement<never, [identities: string[]]> = {
  name: 'otp_reset_guard',
  text: 'DELETE FROM code_guard WHERE identity = ANY($1::text[])',
};

/**
 * Makes the codes that were sent to an account unusable.
 * Locks: code; the account must be locked before.
 * $1 account.
 */
export const INVALIDATE_CODES: Statement<never, [userId: string]> = {
  name: 'otp_invalidate',
  text: 'UPDATE one_time_code SET code_hash = NULL, sealed_code = NULL WHERE user_id = $1',
};

/**
 * Deletes the codes of identities and of an account.
 * Locks: code; the account and the code guards must be locked before.
 * $1 keys of the identities (text[]), $2 account.
 */
export const DELETE_CODES: Statement<never, [identities: string[], userId: string]> = {
  name: 'otp_delete',
  text: 'DELETE FROM one_time_code WHERE identity = ANY($1::text[]) OR user_id = $2',
};

/**
 * Claims the delivery of a code and reads the code.
 * Locks: work item.
 * $1 code, $2 worker process.
 */
export const CLAIM_DELIVERY: Statement<DeliveryItem, [codeId: string, workerId: string]> = {
  name: 'otp_claim_delivery',
  text: `
    WITH w AS (${claimItem(`'code-delivery'`)} RETURNING w.*)
    SELECT ${ITEM_COLUMNS}, c.user_id AS "userId", c.purpose, c.sealed_code AS "sealedCode", c.expires_at <= now() AS expired
    FROM w LEFT JOIN one_time_code c ON c.id = w.subject_id::uuid`,
};

/** The delivery of a code. The code's columns are null when the code was replaced or deleted. */
export interface DeliveryItem extends WorkItem, Pick<OneTimeCode, 'userId' | 'sealedCode'> {
  purpose: OneTimeCode['purpose'] | null;
  expired: boolean | null;
}

/**
 * Ends the delivery, successful or not: deletes the item and the sealed code, so that only the code's hash is left.
 * Locks: work item, code.
 * $1 code, $2 claim.
 */
export const FINISH_DELIVERY: Statement<never, [codeId: string, claim: number]> = {
  name: 'otp_finish_delivery',
  text: `
    WITH item AS (DELETE FROM work_item w WHERE w.kind = 'code-delivery' AND ${heldBy('$1::text', '$2')} RETURNING 1)
    UPDATE one_time_code SET sealed_code = NULL FROM item WHERE id = $1::uuid`,
};
