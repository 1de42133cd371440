import type { Statement } from '../infra/postgres/database.js';
import { sweepOf } from '../infra/postgres/retention.js';

/**
 * Once per event id. One without a customer needs nothing done: it is kept as finished. The relay waits a second for
 * whoever stored it to ring.
 */
export const RECORD: Statement = {
  name: 'stripe_event_record',
  text: `
    INSERT INTO stripe_event (id, type, customer_id, request_id, processed_at, ring_at)
    VALUES ($1, $2, $3, $4, CASE WHEN $3::text IS NULL THEN now() END, now() + interval '1 second')
    ON CONFLICT (id) DO NOTHING
    RETURNING true AS recorded`,
};

/**
 * Takes one attempt at an event, each once, whoever rings how often. The next one is rung for when a sync can no
 * longer last.
 */
export const CLAIM: Statement = {
  name: 'stripe_event_claim',
  text: `
    UPDATE stripe_event SET attempts = attempts + 1, ring_at = now() + interval '30 seconds'
    WHERE id = $1 AND attempts = $2 AND processed_at IS NULL
    RETURNING customer_id AS "customerId", type, attempts, request_id AS "requestId"`,
};

export interface ClaimedEvent {
  customerId: string;
  type: string;
  attempts: number;
  requestId: string | null;
}

export const FINISH: Statement = {
  name: 'stripe_event_finish',
  text: 'UPDATE stripe_event SET processed_at = now(), last_error = NULL WHERE id = $1 AND processed_at IS NULL',
};

/** Due again after a pause that doubles up to a minute, so that it is done soon after Stripe is back. */
export const POSTPONE: Statement = {
  name: 'stripe_event_postpone',
  text: `
    UPDATE stripe_event SET last_error = $2, ring_at = now() + least(60, power(2, least(attempts, 9))) * interval '1 second'
    WHERE id = $1 AND processed_at IS NULL`,
};

/** Events that are due and that nobody acts on, left alone for a while: what one relay rings for, no other does. */
export const FIND_DUE: Statement = {
  name: 'stripe_event_due',
  text: `
    UPDATE stripe_event SET ring_at = now() + interval '5 seconds'
    WHERE id IN (
      SELECT id FROM stripe_event WHERE processed_at IS NULL AND ring_at <= now()
      ORDER BY ring_at LIMIT 200 FOR UPDATE SKIP LOCKED
    ) RETURNING id, attempts`,
};

/** What was done long ago: Stripe repeats a delivery for days and lists an event for 30, so none of these comes again. */
export const SWEEP = sweepOf('stripe_event', "processed_at < now() - interval '60 days'");
