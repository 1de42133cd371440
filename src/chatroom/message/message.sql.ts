import type { Message } from '../../generated/prisma/client.js';
import { columnList, type Statement } from '../../infra/postgres/database.js';

/** Every column a message is shown from, by the name its row has. */
const COLUMNS = {
  id: 'id',
  chatroomId: 'chatroom_id',
  role: 'role',
  status: 'status',
  content: 'content',
  replyTo: 'reply_to',
  errorCode: 'error_code',
  errorMessage: 'error_message',
  finishReason: 'finish_reason',
  model: 'model',
  promptTokens: 'prompt_tokens',
  outputTokens: 'output_tokens',
  thoughtTokens: 'thought_tokens',
  cachedTokens: 'cached_tokens',
  totalTokens: 'total_tokens',
  cached: 'cached',
  contextTrimmed: 'context_trimmed',
  createdAt: 'created_at',
  completedAt: 'completed_at',
} as const satisfies Partial<Record<keyof Message, string>>;

/** What a message is shown from. */
export type MessageRow = Pick<Message, keyof typeof COLUMNS>;

/** The columns of a message that is new or final, for RETURNING: its own status is the whole truth. */
export const MESSAGE_COLUMNS = columnList(COLUMNS);

/**
 * The columns of any message `m`. An unfinished reply whose work item was claimed since its run began is in progress: one
 * look by primary key, and only for a reply that is queued.
 */
const LIVE_MESSAGE_COLUMNS = columnList({ ...COLUMNS, status: liveStatus() }, 'm');

function liveStatus(): string {
  return `CASE WHEN m.status = 'queued' AND EXISTS (
        SELECT FROM work_item w WHERE w.kind = 'reply' AND w.subject_id = m.id::text AND w.claim > m.claim
      ) THEN 'in_progress'::message_status ELSE m.status END`;
}

/** Whether a person has the room. $1 room, $2 user. */
export const FIND_ROOM: Statement<{ found: number }, [chatroomId: string, userId: string]> = {
  name: 'message_find_room',
  text: 'SELECT 1 AS found FROM chatroom WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL',
};

/**
 * The newest messages of a room before a number. Once the newer ones have `$4` bytes, the others stay where they are: lengths
 * are known without the contents, which may be megabytes. $1 room, $2 number, $3 one more than a page, $4 bytes of contents.
 */
export const MESSAGES_BEFORE: Statement<
  PagedMessageRow,
  [chatroomId: string, number: number, limit: number, bytes: number]
> = {
  name: 'message_page',
  text: `
    SELECT m.number, m.found, ${LIVE_MESSAGE_COLUMNS}
    FROM (
      SELECT p.*, (count(*) OVER ())::int AS found,
             sum(octet_length(p.content)) OVER (ORDER BY p.number DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
      FROM (SELECT * FROM message WHERE chatroom_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3) p
    ) m
    WHERE coalesce(m.before, 0) < $4::int ORDER BY m.number DESC`,
};

/** A message of a page. `found`: how many there are, up to `$3`, with those that were left out. */
export type PagedMessageRow = MessageRow & Pick<Message, 'number'> & { found: number };

/** $1 message, $2 room, $3 user. */
export const FIND_MESSAGE: Statement<MessageRow, [id: string, chatroomId: string, userId: string]> = {
  name: 'message_find',
  text: `
    SELECT ${LIVE_MESSAGE_COLUMNS} FROM message m
    WHERE m.id = $1 AND m.chatroom_id = $2
      AND EXISTS (SELECT FROM chatroom WHERE id = $2 AND user_id = $3 AND deleted_at IS NULL)`,
};

/**
 * Replies that this process follows; those of deleted rooms are gone. Content is moved only for replies that ended: others
 * have none. $1 ids.
 */
export const FIND_REPLIES: Statement<ReplyRow, [ids: string[]]> = {
  name: 'message_find_replies',
  text: `
    SELECT greatest(w.claim, m.claim) AS claim, coalesce(w.attempts + w.lost_claims, m.attempts) + 1 AS attempt,
           ${LIVE_MESSAGE_COLUMNS}
    FROM message m LEFT JOIN work_item w ON w.kind = 'reply' AND w.subject_id = m.id::text
    WHERE m.id = ANY($1::uuid[]) AND m.role = 'model'
      AND EXISTS (SELECT FROM chatroom c WHERE c.id = m.chatroom_id AND c.deleted_at IS NULL)`,
};

export type ReplyRow = MessageRow & Pick<Message, 'claim'> & { attempt: number };

/** A message that came as JSON: its times are text. */
export type JsonMessageRow = Omit<MessageRow, 'createdAt' | 'completedAt'> & {
  createdAt: string;
  completedAt: string | null;
};

export function fromJsonRow(row: JsonMessageRow): MessageRow {
  return {
    ...row,
    createdAt: new Date(row.createdAt),
    completedAt: row.completedAt ? new Date(row.completedAt) : null,
  };
}
