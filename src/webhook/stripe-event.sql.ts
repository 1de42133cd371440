import type { StripeEvent } from '../generated/prisma/client.js';
import type { Statement } from '../infra/postgres/database.js';
import type { RetentionRule } from '../infra/postgres/retention.js';
import type { WorkItem } from '../infra/work/define-work.js';
import { claimItem, enqueueItem, heldBy, ITEM_COLUMNS } from '../infra/work/work.sql.js';

/**
 * Stores an event once per id, together with the work item that processes it. An event without a customer and a charge needs
 * no work and is stored as processed.
 *
 * $1 event id; $2 type; $3 customer id, or null; $4 request id, or null; $5 charge id where there is no customer, or null.
 * No row: the event was stored before.
 */
export const RECORD_STRIPE_EVENT: Statement<
  RecordedStripeEventRow,
  [
    eventId: string,
    type: string,
    customerId: string | null,
    requestId: string | null,
    chargeId: string | null,
  ]
> = {
  name: 'stripe_event_record',
  text: `
    WITH event AS (
      INSERT INTO stripe_event (id, type, customer_id, stripe_charge_id, processed_at)
      VALUES ($1, $2, $3, $5, CASE WHEN coalesce($3::text, $5::text) IS NULL THEN now() END)
      ON CONFLICT (id) DO NOTHING
      RETURNING id, processed_at
    ), item AS (${enqueueItem(
      { kind: `'stripe-event'`, subject: 'event.id', requestId: '$4::text', firstPoll: '1000' },
      'event WHERE event.processed_at IS NULL',
    )}
    )
    SELECT true AS recorded FROM event`,
};

export interface RecordedStripeEventRow {
  recorded: boolean;
}

/** Claims the work item of an event. Locks: work item. $1 event id; $2 worker process id. No row: it is not ready. */
export const CLAIM_STRIPE_EVENT: Statement<StripeEventItem, [eventId: string, workerId: string]> = {
  name: 'stripe_event_claim',
  text: `
    WITH w AS (${claimItem(`'stripe-event'`)} RETURNING w.*)
    SELECT ${ITEM_COLUMNS}, e.customer_id AS "customerId", e.stripe_charge_id AS "chargeId", e.type FROM w LEFT JOIN stripe_event e ON e.id = w.subject_id`,
};

/** The fields of the event are null when its row was deleted. */
export type StripeEventItem = WorkItem & {
  customerId: StripeEvent['customerId'];
  chargeId: StripeEvent['stripeChargeId'];
  type: StripeEvent['type'] | null;
};

/**
 * Marks an event as processed, with the number of its claims, and deletes its work item. Locks: work item.
 *
 * $1 event id; $2 claim. Changes nothing when the item belongs to another claim.
 */
export const FINISH_STRIPE_EVENT: Statement<never, [eventId: string, claim: number]> = {
  name: 'stripe_event_finish',
  text: `
    WITH item AS (DELETE FROM work_item w WHERE w.kind = 'stripe-event' AND ${heldBy('$1', '$2')} RETURNING w.claim)
    UPDATE stripe_event SET processed_at = now(), attempts = item.claim FROM item WHERE id = $1 AND processed_at IS NULL`,
};

/**
 * Events that were processed 60 days ago are deleted. Stripe repeats a delivery for days and lists an event for 30 days, so
 * none of these can arrive again.
 */
export const OLD_EVENTS: RetentionRule = {
  table: 'stripe_event',
  condition: "processed_at < now() - interval '60 days'",
};
