import type { IdempotencyKey } from '../../generated/prisma/client.js';
import type { Statement } from '../postgres/database.js';
import type { RetentionRule } from '../postgres/retention.js';

/**
 * Locks a key that is new, or whose lock or response has expired.
 * $1 user, $2 key, $3 fingerprint of the request, $4 id of the lock. No row: the key is in use.
 */
export const LOCK_KEY: Statement<
  { locked: number },
  [userId: string, key: string, fingerprint: string, owner: string]
> = {
  name: 'idempotency_lock',
  text: `
    INSERT INTO idempotency_key AS k (user_id, key, fingerprint, owner, expires_at)
    VALUES ($1, $2, $3, $4, now() + interval '60 seconds')
    ON CONFLICT (user_id, key) DO UPDATE
      SET fingerprint = excluded.fingerprint, owner = excluded.owner, status = NULL, body = NULL,
          created_at = now(), expires_at = excluded.expires_at
      WHERE k.expires_at <= now()
    RETURNING 1 AS locked`,
};

/** What is stored under a key. $1 user, $2 key. */
export const READ_KEY: Statement<IdempotencyRow, [userId: string, key: string]> = {
  name: 'idempotency_read',
  text: 'SELECT fingerprint, status, body FROM idempotency_key WHERE user_id = $1 AND key = $2',
};

/** Without a status and a body the key is locked by a request that has not ended. */
export type IdempotencyRow = Pick<IdempotencyKey, 'fingerprint' | 'status' | 'body'>;

/** Stores the response of the request that holds the lock, for 24 hours. $1 user, $2 key, $3 lock, $4 status, $5 body. No row: the lock was lost. */
export const STORE_RESPONSE: Statement<
  { stored: number },
  [userId: string, key: string, owner: string, status: number, body: string]
> = {
  name: 'idempotency_store',
  text: `
    UPDATE idempotency_key SET status = $4, body = $5, expires_at = now() + interval '24 hours'
    WHERE user_id = $1 AND key = $2 AND owner = $3 AND status IS NULL
    RETURNING 1 AS stored`,
};

/** Deletes a key whose request stored no response. $1 user, $2 key, $3 lock. */
export const UNLOCK_KEY: Statement<never, [userId: string, key: string, owner: string]> = {
  name: 'idempotency_unlock',
  text: 'DELETE FROM idempotency_key WHERE user_id = $1 AND key = $2 AND owner = $3 AND status IS NULL',
};

/** Deletes every key of an account that is being deleted. $1 user. */
export const DELETE_KEYS: Statement<never, [userId: string]> = {
  name: 'idempotency_delete_all',
  text: 'DELETE FROM idempotency_key WHERE user_id = $1',
};

/** Responses after their 24 hours, and locks that expired. */
export const EXPIRED_KEYS: RetentionRule = { table: 'idempotency_key', condition: 'expires_at <= now()' };
