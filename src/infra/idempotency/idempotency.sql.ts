import type { Statement } from '../postgres/database.js';
import type { RetentionRule } from '../postgres/retention.js';

export interface IdempotencyRow {
  fingerprint: string;
  status: number | null;
  body: string | null;
}

/** Takes a key that is new, or whose lock or result has expired. */
export const LOCK_KEY: Statement = {
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

export const READ_KEY: Statement = {
  name: 'idempotency_read',
  text: 'SELECT fingerprint, status, body FROM idempotency_key WHERE user_id = $1 AND key = $2',
};

export const STORE_RESPONSE: Statement = {
  name: 'idempotency_store',
  text: `
    UPDATE idempotency_key SET status = $4, body = $5, expires_at = now() + interval '24 hours'
    WHERE user_id = $1 AND key = $2 AND owner = $3 AND status IS NULL
    RETURNING 1 AS stored`,
};

export const UNLOCK_KEY: Statement = {
  name: 'idempotency_release',
  text: 'DELETE FROM idempotency_key WHERE user_id = $1 AND key = $2 AND owner = $3 AND status IS NULL',
};

export const DELETE_KEYS: Statement = {
  name: 'idempotency_erase',
  text: 'DELETE FROM idempotency_key WHERE user_id = $1',
};

/** Results after their 24 h, and locks that expired. */
export const EXPIRED_KEYS: RetentionRule = { table: 'idempotency_key', condition: 'expires_at <= now()' };
