import type { Statement } from '../../infra/postgres/database.js';
import type { WorkItem } from '../../infra/work/define-work.js';
import { claimItem, enqueueItem, heldBy, ITEM_COLUMNS } from '../../infra/work/work.sql.js';

/** From so many wrong guesses on (over all identities of an account) codes are sent once an hour only. */
export const MAX_FAILURES_BEFORE_SLOW = 100;

/**
 * Replaces the code of an identity and a purpose, unless the identity's last one, of whatever purpose, is too young or too
 * many guesses were wrong.
 * One statement, so that parallel requests cannot each find the way free. Whether an account is known changes nothing.
 * The account is locked before its codes, as by whoever deletes it; one that is gone by then gets a code that opens nothing.
 */
export const SEND_CODE: Statement = {
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

export interface SendRow {
  sent: boolean;
  retryAfter: number | null;
}

/**
 * Takes one of the guesses an identity has, and with it the code, if it is the right one: used once, by one caller.
 * A guess that finds no place changes nothing and, once that is plain to see, waits for no lock: a flood of them is
 * cheap. The count starts again after a pause as long as a code lives, so that
 * no code meets more guesses than it may.
 */
export const USE_CODE: Statement = {
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

export interface UseRow {
  counted: boolean;
  userId: string | null;
  retryAfter: number | null;
}

/** The right code was given: the guesses of these identities are forgotten, and another code may be sent at once. */
export const RESET_CODE_GUARD: Statement = {
  name: 'otp_forgive',
  text: 'DELETE FROM code_guard WHERE identity = ANY($1::text[])',
};

/** No code that was sent to this person opens anything any more. */
export const INVALIDATE_CODES: Statement = {
  name: 'otp_void',
  text: 'UPDATE one_time_code SET code_hash = NULL, sealed_code = NULL WHERE user_id = $1',
};

/** Nothing of these identities stays behind. */
export const DELETE_CODES: Statement = {
  name: 'otp_erase',
  text: `
    WITH guards AS (DELETE FROM code_guard WHERE identity = ANY($1::text[]))
    DELETE FROM one_time_code WHERE identity = ANY($1::text[]) OR user_id = $2`,
};

/** Claims the delivery of a code and reads the code. $1 code, $2 worker process. */
export const CLAIM_DELIVERY: Statement = {
  name: 'otp_claim_delivery',
  text: `
    WITH w AS (${claimItem(`'code-delivery'`)} RETURNING w.*)
    SELECT ${ITEM_COLUMNS}, c.user_id AS "userId", c.purpose, c.sealed_code AS "sealedCode", c.expires_at <= now() AS expired
    FROM w LEFT JOIN one_time_code c ON c.id = w.subject_id::uuid`,
};

/** The delivery of a code; null where the code was replaced or is gone. */
export interface DeliveryItem extends WorkItem {
  userId: string | null;
  purpose: string | null;
  sealedCode: string | null;
  expired: boolean | null;
}

/** The code is delivered or given up: deletes the item and what could still tell the code. $1 code, $2 claim. */
export const FINISH_DELIVERY: Statement = {
  name: 'otp_finish_delivery',
  text: `
    WITH item AS (DELETE FROM work_item w WHERE w.kind = 'code-delivery' AND ${heldBy('$1::text', '$2')} RETURNING 1)
    UPDATE one_time_code SET sealed_code = NULL FROM item WHERE id = $1::uuid`,
};
