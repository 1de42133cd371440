import type { Statement } from '../infra/postgres/database.js';

/** The number of a sync that is about to fetch. */
export const TAKE_NUMBER: Statement = {
  name: 'stripe_sync_number',
  text: 'UPDATE stripe_customer SET sync_number = sync_number + 1 WHERE id = $1 RETURNING sync_number AS number',
};

/** Lets a result in unless a later sync's is stored; holds the customer's row until the transaction ends. */
export const APPLY_NUMBER: Statement = {
  name: 'stripe_sync_apply',
  text: `
    UPDATE stripe_customer c SET applied_number = $2 WHERE c.id = $1 AND c.applied_number < $2
    RETURNING (SELECT u.id FROM app_user u WHERE u.id = c.user_id) AS "userId", c.changed_at AS "changedAt"`,
};

export interface AppliedRow {
  /** Null once the account is deleted. */
  userId: string | null;
  changedAt: Date;
}

export const STORE_SUBSCRIPTION: Statement = {
  name: 'stripe_sync_store',
  text: `
    WITH old AS (SELECT stripe_subscription_id AS id, status FROM subscription WHERE user_id = $1)
    INSERT INTO subscription (user_id, stripe_subscription_id, status, current_period_start, current_period_end,
                              cancel_at_period_end, cancel_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (user_id) DO UPDATE SET
      stripe_subscription_id = excluded.stripe_subscription_id, status = excluded.status,
      current_period_start = excluded.current_period_start, current_period_end = excluded.current_period_end,
      cancel_at_period_end = excluded.cancel_at_period_end, cancel_at = excluded.cancel_at, updated_at = now()
    RETURNING NOT EXISTS (SELECT FROM old WHERE old.id = $2 AND old.status = $3) AS changed`,
};

export const DROP_SUBSCRIPTION: Statement = {
  name: 'stripe_sync_drop',
  text: 'DELETE FROM subscription WHERE user_id = $1 RETURNING true AS changed',
};

export const CLOSE_SYNC: Statement = {
  name: 'stripe_sync_close',
  text: 'UPDATE stripe_customer SET user_id = $2, changed_at = $3 WHERE id = $1',
};

/**
 * Detaches the customer of an account that is being deleted, and has it reconciled in a minute: a request that ran meanwhile
 * may have opened a checkout. Runs before the transaction locks the account. Locks: customer, work item. $1 user.
 */
export const RELEASE_CUSTOMER: Statement = {
  name: 'stripe_release_customer',
  text: `
    WITH customer AS (
      UPDATE stripe_customer SET user_id = NULL, changed_at = now() WHERE user_id = $1 RETURNING id
    )
    INSERT INTO work_item AS w (kind, subject_id, run_at, next_poll_at)
    SELECT 'customer-reconciliation', id, now() + interval '1 minute', now() + interval '1 minute' FROM customer
    ON CONFLICT (kind, subject_id) DO UPDATE SET run_at = excluded.run_at, next_poll_at = excluded.next_poll_at`,
};
