/**
 * Statements of the release before the table of work items, as they were. That release keeps running while the next one
 * replaces it, so they must do on the new schema what they did on the old.
 */

/** $1 room, $2 user, $3 limit, $4 prompt id, $5 content, $6 reply id, $7 title, $8 request id. */
export const ACCEPT = `
    WITH room AS (
      SELECT id FROM chatroom WHERE id = $1 AND user_id = $2 FOR NO KEY UPDATE
    ), unit AS (
      INSERT INTO quota_usage AS q (user_id, day, used)
      SELECT $2, (now() AT TIME ZONE 'UTC')::date, 1 FROM room WHERE $3::int IS NULL OR $3::int > 0
      ON CONFLICT (user_id, day) DO UPDATE SET used = q.used + 1 WHERE $3::int IS NULL OR q.used < $3::int
      RETURNING day, used
    ), place AS (
      UPDATE chatroom c
      SET next_number = c.next_number + 2, message_count = c.message_count + 2,
          last_message_at = greatest(clock_timestamp(), c.last_message_at),
          activity_at = greatest(clock_timestamp(), c.activity_at),
          title = CASE WHEN c.title_is_default THEN $7 ELSE c.title END, title_is_default = false
      FROM unit WHERE c.id = $1
      RETURNING c.next_number - 2 AS number, c.last_message_at AS at
    ), list AS (
      UPDATE app_user SET room_list_version = room_list_version + 1 FROM place WHERE id = $2
    ), prompt AS (
      INSERT INTO message (id, chatroom_id, number, role, status, content, created_at, completed_at)
      SELECT $4::uuid, $1, number, 'user', 'completed', $5, at, at FROM place
      RETURNING id
    ), reply AS (
      INSERT INTO message (id, chatroom_id, number, role, status, reply_to, created_at, ring_at, quota_day, request_id)
      SELECT $6::uuid, $1, number + 1, 'model', 'queued', $4::uuid, at, clock_timestamp() + interval '1 second', unit.day, $8
      FROM place, unit
      RETURNING id
    )
    SELECT EXISTS (SELECT 1 FROM room) AS found,
           (SELECT used FROM unit) AS used,
           (SELECT id FROM prompt) AS prompt,
           (SELECT id FROM reply) AS reply,
           NOT EXISTS (SELECT 1 FROM message WHERE chatroom_id = $1 AND status IN ('queued', 'in_progress')) AS "isHead"`;

/** $1 reply. */
export const CLAIM = `
    UPDATE message m
    SET status = 'in_progress', claim = m.claim + 1, lost_claims = m.lost_claims + (m.lease_until IS NOT NULL)::int,
        lease_until = now() + interval '9 seconds', ring_at = now() + interval '9 seconds'
    FROM chatroom c, message p
    WHERE m.id = $1 AND c.id = m.chatroom_id AND p.id = m.reply_to
      AND m.status IN ('queued', 'in_progress') AND m.available_at <= now()
      AND (m.lease_until IS NULL OR m.lease_until <= now())
      AND (m.status = 'in_progress' OR NOT EXISTS (
        SELECT 1 FROM message o WHERE o.chatroom_id = m.chatroom_id
          AND (o.status = 'in_progress' OR (o.status = 'queued' AND o.number < m.number))))
    RETURNING m.id, m.claim, m.attempts, m.lost_claims AS "lostClaims", p.content AS prompt`;

/** $1 reply, $2 claim. */
export const RENEW = `
    UPDATE message SET lease_until = now() + interval '9 seconds', ring_at = now() + interval '9 seconds'
    WHERE id = $1 AND claim = $2 AND status = 'in_progress' AND lease_until IS NOT NULL RETURNING 1 AS held`;

/** $1 reply, $2 claim, $3 milliseconds, $4 failed calls, $5 model. */
export const POSTPONE = `
    UPDATE message SET lease_until = NULL, attempts = attempts + $4, model = $5,
        available_at = now() + make_interval(secs => $3 / 1000.0),
        ring_at = now() + make_interval(secs => $3 / 1000.0) + interval '1 second'
    WHERE id = $1 AND claim = $2 AND status = 'in_progress' RETURNING 1 AS held`;

/** $1 reply, $2 claim, $3 status, $4 content, $5 to $14 other columns, $15 refund, $16 context trimmed. */
export const FINISH = `
    WITH done AS (
      UPDATE message SET status = $3::message_status, content = $4, error_code = $5, error_message = $6, finish_reason = $7,
          model = $8, prompt_tokens = $9, output_tokens = $10, thought_tokens = $11, cached_tokens = $12, total_tokens = $13,
          cached = $14, context_trimmed = $16, completed_at = now(), lease_until = NULL
      WHERE id = $1 AND claim = $2 AND status = 'in_progress'
      RETURNING chatroom_id, quota_day
    ), refund AS (
      UPDATE quota_usage q SET used = q.used - 1
      FROM done JOIN chatroom c ON c.id = done.chatroom_id
      WHERE $15 AND q.user_id = c.user_id AND q.day = done.quota_day AND q.used > 0
    )
    SELECT 1 AS ended FROM done`;

export const RESCUE = `
    UPDATE message SET ring_at = now() + interval '5 seconds'
    WHERE id IN (
      SELECT m.id FROM message m
      WHERE m.status IN ('queued', 'in_progress') AND m.ring_at <= now() AND m.available_at <= now()
        AND (m.lease_until IS NULL OR m.lease_until <= now())
        AND (m.status = 'in_progress' OR NOT EXISTS (
          SELECT 1 FROM message o WHERE o.chatroom_id = m.chatroom_id
            AND (o.status = 'in_progress' OR (o.status = 'queued' AND o.number < m.number))))
      ORDER BY m.ring_at LIMIT 500 FOR UPDATE SKIP LOCKED)
    RETURNING id, claim`;

/** $1 reply, $2 claim, $3 text. */
export const CANCEL = `
    UPDATE message SET status = 'cancelled', content = CASE WHEN claim = $2 THEN $3 ELSE '' END,
        completed_at = now(), lease_until = NULL
    WHERE id = $1 AND status IN ('queued', 'in_progress')
    RETURNING id`;

/** $1 reply, $2 room, $3 user, $4 limit, $5 request id. */
export const RETRY = `
    WITH target AS (
      SELECT m.id, m.status FROM message m JOIN chatroom c ON c.id = m.chatroom_id
      WHERE m.id = $1 AND m.chatroom_id = $2 AND c.user_id = $3 AND m.role = 'model' FOR NO KEY UPDATE OF c, m
    ), unit AS (
      INSERT INTO quota_usage AS q (user_id, day, used)
      SELECT $3, (now() AT TIME ZONE 'UTC')::date, 1 FROM target
      WHERE status IN ('failed', 'cancelled', 'incomplete') AND ($4::int IS NULL OR $4::int > 0)
      ON CONFLICT (user_id, day) DO UPDATE SET used = q.used + 1 WHERE $4::int IS NULL OR q.used < $4::int
      RETURNING day, used
    ), again AS (
      UPDATE message m
      SET status = 'queued', claim = m.claim + 1, content = NULL, error_code = NULL, error_message = NULL, finish_reason = NULL,
          model = NULL, prompt_tokens = NULL, output_tokens = NULL, thought_tokens = NULL, cached_tokens = NULL,
          total_tokens = NULL, cached = false, context_trimmed = false, completed_at = NULL, lease_until = NULL,
          available_at = now(), ring_at = now() + interval '1 second', attempts = 0, lost_claims = 0,
          quota_day = unit.day, request_id = $5
      FROM unit WHERE m.id = $1
      RETURNING m.*
    )
    SELECT (SELECT status FROM target) AS "was", (SELECT used FROM unit) AS used, (SELECT id FROM again) AS reply`;

/** $1 room, $2 user. */
export const REMOVE_ROOM = `
    WITH room AS (
      DELETE FROM chatroom WHERE id = $1 AND user_id = $2 RETURNING id, user_id
    ), bump AS (
      UPDATE app_user SET room_list_version = room_list_version + 1 WHERE id IN (SELECT user_id FROM room)
    )
    SELECT ARRAY(
      SELECT m.id FROM message m WHERE m.chatroom_id = room.id AND m.status IN ('queued', 'in_progress')
    ) AS unfinished
    FROM room`;

/** $1 event, $2 type, $3 customer, $4 request id. */
export const RECORD_EVENT = `
    INSERT INTO stripe_event (id, type, customer_id, request_id, processed_at, ring_at)
    VALUES ($1, $2, $3, $4, CASE WHEN $3::text IS NULL THEN now() END, now() + interval '1 second')
    ON CONFLICT (id) DO NOTHING
    RETURNING true AS recorded`;

/** $1 event, $2 attempts. */
export const CLAIM_EVENT = `
    UPDATE stripe_event SET attempts = attempts + 1, ring_at = now() + interval '30 seconds'
    WHERE id = $1 AND attempts = $2 AND processed_at IS NULL
    RETURNING customer_id AS "customerId", type, attempts, request_id AS "requestId"`;

export const FINISH_EVENT =
  'UPDATE stripe_event SET processed_at = now(), last_error = NULL WHERE id = $1 AND processed_at IS NULL';

export const FIND_DUE_EVENTS = `
    UPDATE stripe_event SET ring_at = now() + interval '5 seconds'
    WHERE id IN (
      SELECT id FROM stripe_event WHERE processed_at IS NULL AND ring_at <= now()
      ORDER BY ring_at LIMIT 200 FOR UPDATE SKIP LOCKED
    ) RETURNING id, attempts`;

/** $1 identity, $2 purpose, $3 code id, $4 account, $5 hash, $6 sealed code, $7 minutes, $8 request id, $9 cooldown, $10 patience, $11 identities. */
export const SEND_CODE = `
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
        (identity, purpose, id, user_id, code_hash, sealed_code, expires_at, ring_at, request_id)
      SELECT identity, $2, $3::uuid, (SELECT id FROM recipient), $5, $6,
             now() + make_interval(mins => $7::int), now() + interval '3 seconds', $8
      FROM guard
      ON CONFLICT (identity, purpose) DO UPDATE SET
        id = excluded.id, user_id = excluded.user_id, code_hash = excluded.code_hash,
        sealed_code = excluded.sealed_code, expires_at = excluded.expires_at,
        delivery_attempts = 0, ring_at = excluded.ring_at, request_id = excluded.request_id
      RETURNING id
    )
    SELECT EXISTS (SELECT FROM code) AS sent`;

export const FORGET_CODE = 'UPDATE one_time_code SET sealed_code = NULL WHERE id = $1';

export const FIND_UNDELIVERED = `
    UPDATE one_time_code SET ring_at = now() + interval '5 seconds'
    WHERE id IN (
      SELECT id FROM one_time_code WHERE sealed_code IS NOT NULL AND ring_at <= now()
      ORDER BY ring_at LIMIT 100 FOR UPDATE SKIP LOCKED
    ) RETURNING id, delivery_attempts AS attempts`;

/** $1 customer, $2 user, $3 changed at, $4 next sweep. */
export const CLOSE_SYNC =
  'UPDATE stripe_customer SET user_id = $2, changed_at = $3, sweep_at = $4 WHERE id = $1';

export const RELEASE_CUSTOMER = `
    UPDATE stripe_customer SET user_id = NULL, changed_at = now(), sweep_at = now() + interval '1 minute'
    WHERE user_id = $1`;
