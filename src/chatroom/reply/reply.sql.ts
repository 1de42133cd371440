import type { Statement } from '../../infra/postgres/database.js';

/** Seconds a worker may hold a reply without a sign of life. Renewed every third of it. */
export const LEASE = 9;

/**
 * The fence. A reply is claimable when it is unfinished, due, held by nobody, and the room's oldest unfinished one
 * or already the running one. The partial unique index refuses what two claims at once would break.
 * A lease that ran out, as against one that was given back, counts as a claim lost with its worker.
 */
export const CLAIM: Statement = {
  name: 'reply_claim',
  text: `
    UPDATE message m
    SET status = 'in_progress', claim = m.claim + 1, lost_claims = m.lost_claims + (m.lease_until IS NOT NULL)::int,
        lease_until = now() + interval '${LEASE} seconds', ring_at = now() + interval '${LEASE} seconds'
    FROM chatroom c, message p
    WHERE m.id = $1 AND c.id = m.chatroom_id AND p.id = m.reply_to
      AND m.status IN ('queued', 'in_progress') AND m.available_at <= now()
      AND (m.lease_until IS NULL OR m.lease_until <= now())
      AND (m.status = 'in_progress' OR NOT EXISTS (
        SELECT 1 FROM message o WHERE o.chatroom_id = m.chatroom_id
          AND (o.status = 'in_progress' OR (o.status = 'queued' AND o.number < m.number))))
    RETURNING m.id, m.chatroom_id AS "chatroomId", m.number, m.claim, m.attempts, m.lost_claims AS "lostClaims",
              m.model AS "triedModel", m.request_id AS "requestId", c.user_id AS "userId", c.model AS "roomModel",
              c.system_instruction AS "systemInstruction", p.content AS prompt`,
};

/** A reply in a worker's hands. */
export interface ReplyWork {
  id: string;
  chatroomId: string;
  number: number;
  claim: number;
  attempts: number;
  lostClaims: number;
  /** The model of this run's last attempt, or the one it is to fall back to. */
  triedModel: string | null;
  requestId: string | null;
  userId: string;
  roomModel: string | null;
  systemInstruction: string | null;
  prompt: string;
}

/** Finished turns before a reply's own, newest first. */
export const HISTORY: Statement = {
  name: 'reply_history',
  text: `
    SELECT p.content AS prompt, r.content AS reply
    FROM message r JOIN message p ON p.id = r.reply_to
    WHERE r.chatroom_id = $1 AND r.number < $2 AND r.status IN ('completed', 'incomplete')
    ORDER BY r.number DESC LIMIT $3`,
};

/** A reply that was given back is not taken again by a renewal that was under way. */
export const RENEW: Statement = {
  name: 'reply_renew',
  text: `
    UPDATE message SET lease_until = now() + interval '${LEASE} seconds', ring_at = now() + interval '${LEASE} seconds'
    WHERE id = $1 AND claim = $2 AND status = 'in_progress' AND lease_until IS NOT NULL RETURNING 1 AS held`,
};

/** Lets go of a reply until `$3` milliseconds from now. `$4` counts a failed call, `$5` is the model to go on with. */
export const POSTPONE: Statement = {
  name: 'reply_postpone',
  text: `
    UPDATE message SET lease_until = NULL, attempts = attempts + $4, model = $5,
        available_at = now() + make_interval(secs => $3 / 1000.0),
        ring_at = now() + make_interval(secs => $3 / 1000.0) + interval '1 second'
    WHERE id = $1 AND claim = $2 AND status = 'in_progress' RETURNING 1 AS held`,
};

/**
 * Ends a reply and gives its unit back when `$15`: both or neither, once, and only for the claim that holds it.
 * $1 id, $2 claim, $3 status, $4 content, $5 error code, $6 error message, $7 finish reason, $8 model,
 * $9-$13 tokens (prompt, output, thought, cached, total), $14 cached, $15 refund, $16 context trimmed.
 */
export const FINISH: Statement = {
  name: 'reply_finish',
  text: `
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
    SELECT 1 AS ended FROM done`,
};

/**
 * Unfinished replies that are due, held by nobody and head their room. Each is looked at again only 5 s later,
 * so that one relay does not do again what another did.
 */
export const RESCUE: Statement = {
  name: 'reply_rescue',
  text: `
    UPDATE message SET ring_at = now() + interval '5 seconds'
    WHERE id IN (
      SELECT m.id FROM message m
      WHERE m.status IN ('queued', 'in_progress') AND m.ring_at <= now() AND m.available_at <= now()
        AND (m.lease_until IS NULL OR m.lease_until <= now())
        AND (m.status = 'in_progress' OR NOT EXISTS (
          SELECT 1 FROM message o WHERE o.chatroom_id = m.chatroom_id
            AND (o.status = 'in_progress' OR (o.status = 'queued' AND o.number < m.number))))
      ORDER BY m.ring_at LIMIT 500 FOR UPDATE SKIP LOCKED)
    RETURNING id, claim`,
};
