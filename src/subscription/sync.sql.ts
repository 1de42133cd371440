import type { StripeCustomer, Subscription } from '../generated/prisma/client.js';
import type { Statement } from '../infra/postgres/database.js';

/**
 * Takes the number of a sync that is about to fetch. Concurrent syncs get different numbers, and ACCEPT_SYNC_RESULT compares
 * them: the two belong together. Locks: customer, until the statement ends.
 *
 * $1 customer id. No row: the customer is not stored here.
 */
export const TAKE_SYNC_NUMBER: Statement<SyncNumberRow, [customerId: string]> = {
  name: 'stripe_sync_number',
  text: `
    UPDATE stripe_customer c SET sync_number = sync_number + 1 WHERE c.id = $1
    RETURNING sync_number AS "syncNumber", (SELECT u.id FROM app_user u WHERE u.id = c.user_id) AS "userId"`,
};

/** `userId` is null once the account is deleted. */
type SyncNumberRow = Pick<StripeCustomer, 'syncNumber' | 'userId'>;

/**
 * Accepts the result of a sync unless a later one has been stored, and keeps the customer's row locked until the
 * transaction ends. Locks: customer.
 *
 * $1 customer id; $2 the number of the sync. No row: a later sync has been stored.
 */
export const ACCEPT_SYNC_RESULT: Statement<AcceptedSyncRow, [customerId: string, number: number]> = {
  name: 'stripe_sync_accept',
  text: `
    UPDATE stripe_customer c SET applied_number = $2 WHERE c.id = $1 AND c.applied_number < $2
    RETURNING (SELECT u.id FROM app_user u WHERE u.id = c.user_id) AS "userId", c.changed_at AS "changedAt"`,
};

/** `userId` is null once the account is deleted. */
export type AcceptedSyncRow = Pick<StripeCustomer, 'userId' | 'changedAt'>;

/** A subscription as STORE_SUBSCRIPTION takes it. */
export type SubscriptionValues = [
  id: Subscription['stripeSubscriptionId'],
  status: Subscription['status'],
  currentPeriodStart: Subscription['currentPeriodStart'],
  currentPeriodEnd: Subscription['currentPeriodEnd'],
  cancelAtPeriodEnd: Subscription['cancelAtPeriodEnd'],
  cancelAt: Subscription['cancelAt'],
  withheld: Subscription['withheld'],
  paidInvoice: string | null,
  paymentKnown: boolean,
];

/** The reasons to withhold Pro that are no state of the subscription, but of a payment. */
const REVERSALS = `'refunded', 'disputed'`;

/**
 * Stores the account's subscription. Runs after ACCEPT_SYNC_RESULT in the same transaction.
 * Locks: customer (held already), account (KEY SHARE, by the foreign key), subscription.
 *
 * $1 user id; $2 subscription id at Stripe; $3 status; $4 and $5 start and end of the paid period; $6 whether it ends with
 * that period; $7 the planned end, or null; $8 why it gives no Pro, or null; $9 its latest invoice if that is paid, or null;
 * $10 whether it was looked up if the payment of $9 was given back. Where it was not, a stored `refunded` or `disputed` is
 * kept until another invoice is paid. `changed`: whether another subscription, status or reason was stored before.
 */
export const STORE_SUBSCRIPTION: Statement<
  StoredSubscriptionRow,
  [userId: string, ...subscription: SubscriptionValues]
> = {
  name: 'stripe_sync_store',
  text: `
    WITH old AS (
      SELECT stripe_subscription_id AS id, status, withheld, withheld_invoice FROM subscription WHERE user_id = $1
    ), kept AS (
      SELECT withheld, withheld_invoice FROM old
      WHERE id = $2 AND $8::text IS NULL AND NOT $10::boolean AND withheld IN (${REVERSALS})
        AND coalesce($9, withheld_invoice) = withheld_invoice
    )
    INSERT INTO subscription AS s (user_id, stripe_subscription_id, status, current_period_start, current_period_end,
                                   cancel_at_period_end, cancel_at, withheld, withheld_invoice)
    VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce($8, (SELECT withheld FROM kept)),
            CASE WHEN $8 IN (${REVERSALS}) THEN $9::text ELSE (SELECT withheld_invoice FROM kept) END)
    ON CONFLICT (user_id) DO UPDATE SET
      stripe_subscription_id = excluded.stripe_subscription_id, status = excluded.status,
      current_period_start = excluded.current_period_start, current_period_end = excluded.current_period_end,
      cancel_at_period_end = excluded.cancel_at_period_end, cancel_at = excluded.cancel_at,
      withheld = excluded.withheld, withheld_invoice = excluded.withheld_invoice, updated_at = now()
    RETURNING NOT EXISTS (
      SELECT FROM old WHERE old.id = $2 AND old.status = $3 AND old.withheld IS NOT DISTINCT FROM s.withheld
    ) AS changed`,
};

/**
 * Removes the subscription of an account without a live one. Runs after ACCEPT_SYNC_RESULT in the same transaction.
 * Locks: customer (held already), subscription.
 *
 * $1 user id. No row: none was stored.
 */
export const DELETE_SUBSCRIPTION: Statement<StoredSubscriptionRow, [userId: string]> = {
  name: 'stripe_sync_delete',
  text: 'DELETE FROM subscription WHERE user_id = $1 RETURNING true AS changed',
};

/** The row of STORE_SUBSCRIPTION and DELETE_SUBSCRIPTION. */
export interface StoredSubscriptionRow {
  changed: boolean;
}

/**
 * Ends a sync: stores the customer's owner. Runs in the transaction that ACCEPT_SYNC_RESULT began; the statement that
 * schedules the next reconciliation follows. Locks: customer (held already).
 *
 * $1 customer id; $2 user id, or null to detach the customer; $3 when a payment last changed.
 */
export const FINISH_SYNC: Statement<never, [customerId: string, userId: string | null, changedAt: Date]> = {
  name: 'stripe_sync_finish',
  text: 'UPDATE stripe_customer SET user_id = $2, changed_at = $3 WHERE id = $1',
};

/** Schedules the reconciliation of the customers of a CTE `customer`. @param delay an SQL interval */
function reconcileAfter(delay: string): string {
  return `
    INSERT INTO work_item AS w (kind, subject_id, run_at, next_poll_at)
    SELECT 'customer-reconciliation', id, now() + ${delay}, now() + ${delay} FROM customer
    ON CONFLICT (kind, subject_id) DO UPDATE SET run_at = excluded.run_at, next_poll_at = excluded.next_poll_at`;
}

/**
 * Schedules the reconciliation of a customer who is about to get a checkout, so that a payment whose events are all lost is
 * found. Locks: customer, work item.
 *
 * $1 customer id.
 */
export const EXPECT_PAYMENT: Statement<never, [customerId: string]> = {
  name: 'stripe_expect_payment',
  text: `
    WITH customer AS (UPDATE stripe_customer SET changed_at = now() WHERE id = $1 RETURNING id)
    ${reconcileAfter("interval '5 minutes'")}`,
};

/**
 * Stores the checkout that was opened last for a customer.
 * Locks: customer.
 *
 * $1 customer id; $2 checkout session id at Stripe.
 */
export const RECORD_CHECKOUT: Statement<never, [customerId: string, checkoutId: string]> = {
  name: 'stripe_record_checkout',
  text: `
    UPDATE stripe_customer SET stripe_checkout_id = $2
    WHERE id = $1 AND stripe_checkout_id IS DISTINCT FROM $2`,
};

/**
 * The customer for whom a checkout was opened last. Anybody may ask for any id, so it must cost little.
 *
 * $1 checkout session id at Stripe. No row: it was not opened here, or another one was opened since.
 */
export const FIND_CHECKOUT_CUSTOMER: Statement<CheckoutCustomerRow, [checkoutId: string]> = {
  name: 'stripe_find_checkout_customer',
  text: 'SELECT id, user_id AS "userId" FROM stripe_customer WHERE stripe_checkout_id = $1',
};

/** `userId` is null once the account is deleted. */
export type CheckoutCustomerRow = Pick<StripeCustomer, 'id' | 'userId'>;

/**
 * Detaches the customer of an account that is being deleted, and schedules its reconciliation in a minute. Must run before
 * the transaction locks the account. Locks: customer, work item.
 *
 * $1 user id.
 */
export const RELEASE_CUSTOMER: Statement<never, [userId: string]> = {
  name: 'stripe_release_customer',
  text: `
    WITH customer AS (
      UPDATE stripe_customer SET user_id = NULL, changed_at = now() WHERE user_id = $1 RETURNING id
    )
    ${reconcileAfter("interval '1 minute'")}`,
};
