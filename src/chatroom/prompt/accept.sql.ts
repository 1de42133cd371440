import type { Statement } from '../../infra/postgres/database.js';
import { MESSAGE_COLUMNS, type MessageRow } from '../message/message.dto.js';

/**
 * The whole acceptance in one statement, so in one transaction: lock the room, take a quota unit, take the room's next
 * numbers, insert the prompt and its queued reply. Each step feeds on the one before: without a room or a unit nothing is written.
 * $1 room, $2 user, $3 limit (null: none), $4 prompt id, $5 content, $6 reply id, $7 title for a room without one, $8 request id.
 */
export const ACCEPT: Statement = {
  name: 'message_accept',
  text: `
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
      RETURNING ${MESSAGE_COLUMNS}
    ), reply AS (
      INSERT INTO message (id, chatroom_id, number, role, status, reply_to, created_at, ring_at, quota_day, request_id)
      SELECT $6::uuid, $1, number + 1, 'model', 'queued', $4::uuid, at, clock_timestamp() + interval '1 second', unit.day, $8
      FROM place, unit
      RETURNING ${MESSAGE_COLUMNS}
    )
    SELECT EXISTS (SELECT 1 FROM room) AS found,
           (SELECT used FROM unit) AS used,
           (SELECT to_jsonb(prompt) FROM prompt) AS prompt,
           (SELECT to_jsonb(reply) FROM reply) AS reply,
           NOT EXISTS (SELECT 1 FROM message WHERE chatroom_id = $1 AND status IN ('queued', 'in_progress')) AS "isHead"`,
};

export interface AcceptRow {
  found: boolean;
  used: number | null;
  prompt: JsonRow | null;
  reply: JsonRow | null;
  /** Nothing waited or ran in the room when the statement began. */
  isHead: boolean;
}

/** A row that came as JSON: its times are text. */
export type JsonRow = Omit<MessageRow, 'createdAt' | 'completedAt'> & {
  createdAt: string;
  completedAt: string | null;
};

export function fromJsonRow(row: JsonRow): MessageRow {
  return {
    ...row,
    createdAt: new Date(row.createdAt),
    completedAt: row.completedAt ? new Date(row.completedAt) : null,
  };
}
