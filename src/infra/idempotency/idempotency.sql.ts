import type { IdempotencyKey } from '../../generated/prisma/client.js';
import type { Statement } from '../postgres/database.js';
import type { PortionStatement } from '../postgres/portions.js';
import type { RetentionRule } from '../postgres/retention.js';

/**
 * Locks a key that is new, or whose lock or response has expired, unless the user has too many keys. Expired ones count until
 * they are deleted, and requests at the same instant may each add one more.
 * $1 user, $2 key, $3 fingerprint of the request, $4 id of the lock, $5 keys of a user at most.
 */
export const LOCK_KEY: Statement<
  LockRow,
  [userId: string, key: string, fingerprint: string, owner: string, maxKeys: number]
> = {
  name: 'idempotency_lock',
  text: `
    WITH load AS (
      SELECT count(*) >= $5::int AS is_full FROM (SELECT FROM idempotency_key WHERE user_id = $1 LIMIT $5::int) own
    ), locked AS (
      INSERT INTO idempotency_key AS k (user_id, key, fingerprint, owner, expires_at)
      SELECT $1::uuid, $2, $3, $4::uuid, now() + interval '60 seconds' FROM load WHERE NOT is_full
      ON CONFLICT (user_id, key) DO UPDATE
        SET fingerprint = excluded.fingerprint, owner = excluded.owner, status = NULL, body = NULL, subject_id = NULL,
            created_at = now(), expires_at = excluded.expires_at
        WHERE k.expires_at <= now()
      RETURNING 1
    )
    SELECT EXISTS (SELECT FROM locked) AS locked, is_full AS "isFull" FROM load`,
};

/** Neither locked nor full: the key is in use. */
export interface LockRow {
  locked: boolean;
  /** The user has as many keys as are kept. */
  isFull: boolean;
}

/** What is stored under a key that has not expired. $1 user, $2 key. */
export const READ_KEY: Statement<IdempotencyRow, [userId: string, key: string]> = {
  name: 'idempotency_read',
  text: `
    SELECT fingerprint, status, body FROM idempotency_key WHERE user_id = $1 AND key = $2 AND expires_at > now()`,
};

/**
 * Without a status the key is locked by a request that has not ended. With a status and without a body, what the response was
 * about is purged.
 */
export type IdempotencyRow = Pick<IdempotencyKey, 'fingerprint' | 'status' | 'body'>;

/** Stores the response of the request that holds the lock, for 24 hours. $1 user, $2 key, $3 lock, $4 status, $5 body, $6 what it is about, or null. No row: the lock was lost. */
export const STORE_RESPONSE: Statement<
  { stored: number },
  [userId: string, key: string, owner: string, status: number, body: string, subjectId: string | null]
> = {
  name: 'idempotency_store',
  text: `
    UPDATE idempotency_key SET status = $4, body = $5, subject_id = $6, expires_at = now() + interval '24 hours'
    WHERE user_id = $1 AND key = $2 AND owner = $3 AND status IS NULL
    RETURNING 1 AS stored`,
};

/** Deletes a key whose request stored no response. $1 user, $2 key, $3 lock. */
export const UNLOCK_KEY: Statement<never, [userId: string, key: string, owner: string]> = {
  name: 'idempotency_unlock',
  text: 'DELETE FROM idempotency_key WHERE user_id = $1 AND key = $2 AND owner = $3 AND status IS NULL',
};

/** Takes the contents out of responses about what is deleted; the keys stay used. $1 subject, $2 how many at most. */
export const PURGE_RESPONSES: PortionStatement = {
  name: 'idempotency_purge_responses',
  text: `
    WITH purged AS (
      UPDATE idempotency_key k SET body = NULL, fingerprint = '' FROM (
        SELECT user_id, key FROM idempotency_key WHERE subject_id = $1 AND body IS NOT NULL LIMIT $2
      ) portion
      WHERE k.user_id = portion.user_id AND k.key = portion.key
      RETURNING 1
    )
    SELECT count(*)::int AS changed FROM purged`,
};

/** Deletes keys of an account that is gone. $1 account, $2 how many at most. */
export const PURGE_KEYS: PortionStatement = {
  name: 'idempotency_purge_keys',
  text: `
    WITH purged AS (
      DELETE FROM idempotency_key k USING (
        SELECT user_id, key FROM idempotency_key
        WHERE user_id = $1 AND NOT EXISTS (SELECT FROM app_user WHERE id = $1) LIMIT $2
      ) portion
      WHERE k.user_id = portion.user_id AND k.key = portion.key
      RETURNING 1
    )
    SELECT count(*)::int AS changed FROM purged`,
};

/** Responses after their 24 hours, and locks that expired. */
export const EXPIRED_KEYS: RetentionRule = { table: 'idempotency_key', condition: 'expires_at <= now()' };
