import type { Statement } from '../../infra/postgres/database.js';
import type { ReadyItem } from '../../infra/work/define-work.js';
import { enqueueItem, promotedJson } from '../../infra/work/work.sql.js';
import { chargeUnit } from '../../quota/quota.sql.js';
import { MESSAGE_COLUMNS, type JsonMessageRow, type MessageRow } from '../message/message.sql.js';

/** The caps of an owner's unfinished replies. */
type CapValues = [running: number, unfinished: number, perRoom: number];

/** The same as SQL parameters. */
interface Caps {
  running: string;
  unfinished: string;
  perRoom: string;
}

/** The account's row is the lock of everything that its owner has unfinished: whoever changes that takes it first. */
const lockAccount = (user: string) => `SELECT id FROM app_user WHERE id = ${user} FOR NO KEY UPDATE`;

/** The CTEs that every statement begins with that makes work in a room: they lock the account, then the room. */
const lockRoom = (user: string, room: string) => `account AS (${lockAccount(user)}
    ), room AS (
      SELECT c.id FROM account JOIN chatroom c ON c.user_id = account.id
      WHERE c.id = ${room} AND c.deleted_at IS NULL FOR NO KEY UPDATE OF c
    )`;

/**
 * Read after the account is locked, so that it counts what every earlier transaction has committed. The locked room is its
 * argument: without one the planner may call the function first.
 */
const readLoad = (user: string) => `SELECT l.* FROM room, work_load('reply', ${user}, room.id::text) l`;

/** A reply is ready where its room has nothing unfinished and its owner may run one more; else it waits. */
const stateOf = ({ running }: Caps) =>
  `CASE WHEN load.grouped = 0 AND load.admitted < ${running}::int THEN 'ready'::work_state ELSE 'waiting' END`;

const withinCaps = ({ unfinished, perRoom }: Caps) =>
  `load.owned < ${unfinished}::int AND load.grouped < ${perRoom}::int`;

/** Milliseconds until the recovery looks for a new item. */
const FIRST_POLL = '1000';

const ACCEPT_CAPS: Caps = { running: '$9', unfinished: '$10', perRoom: '$11' };

/**
 * The whole acceptance in one statement, so in one transaction: take a quota unit and the room's next numbers, insert the
 * prompt, its queued reply and the reply's work item. Each step reads the one before: without a room, within the caps, or
 * without a unit nothing is written. Locks: account, room, day.
 * $1 room, $2 user, $3 limit (null: none), $4 prompt id, $5 content, $6 reply id, $7 title for a room without one, $8 request id,
 * $9 replies that the owner may run at once, $10 unfinished ones of the owner, $11 of the room, at most.
 */
export const ACCEPT_PROMPT: Statement<
  AcceptRow,
  [
    chatroomId: string,
    userId: string,
    limit: number | null,
    promptId: string,
    content: string,
    replyId: string,
    title: string,
    requestId: string,
    ...caps: CapValues,
  ]
> = {
  name: 'prompt_accept',
  text: `
    WITH ${lockRoom('$2', '$1')}, load AS (${readLoad('$2')}
    ), allowed AS (
      SELECT FROM load WHERE ${withinCaps(ACCEPT_CAPS)}
    ), unit AS (${chargeUnit({ user: '$2', limit: '$3::int', from: 'allowed' })}
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
      INSERT INTO message (id, chatroom_id, number, role, status, reply_to, created_at, quota_day)
      SELECT $6::uuid, $1, number + 1, 'model', 'queued', $4::uuid, at, unit.day FROM place, unit
      RETURNING ${MESSAGE_COLUMNS}
    ), item AS (${enqueueItem(
      {
        kind: `'reply'`,
        subject: '$6::text',
        requestId: '$8::text',
        group: '$1::text',
        position: 'place.number + 1',
        owner: '$2::uuid',
        state: stateOf(ACCEPT_CAPS),
        priority: 'load.admitted + 1',
        firstPoll: FIRST_POLL,
      },
      'place, load',
    )}
    )
    SELECT EXISTS (SELECT FROM room) AS found,
           EXISTS (SELECT FROM allowed) AS allowed,
           (SELECT used FROM unit) AS used,
           (SELECT to_jsonb(prompt) FROM prompt) AS prompt,
           (SELECT to_jsonb(reply) FROM reply) AS reply,
           (SELECT priority FROM item WHERE state = 'ready') AS priority`,
};

/** What a statement says that charged a unit and made a reply's work item, or did neither. */
export interface ChargedRow {
  /** The room is there. */
  found: boolean;
  /** The caps of unfinished replies leave room for one more. */
  allowed: boolean;
  /** Units of the day with this one; null: none was left. */
  used: number | null;
  reply: JsonMessageRow | null;
  /** Of the job to be added; null: the reply waits. */
  priority: number | null;
}

export type AcceptRow = ChargedRow & { prompt: JsonMessageRow | null };

const RETRY_CAPS: Caps = { running: '$6', unfinished: '$7', perRoom: '$8' };

/**
 * Charges a unit of today and empties an ended reply for a new run, or does neither. The claim grows, so that what earlier
 * runs published counts no more. The reply keeps its place in the room. Locks: account, room, message, day.
 * $1 reply, $2 room, $3 user, $4 limit (null: none), $5 request id, $6 to $8 as $9 to $11 of ACCEPT_PROMPT.
 */
export const RETRY_REPLY: Statement<
  RetryRow,
  [
    replyId: string,
    chatroomId: string,
    userId: string,
    limit: number | null,
    requestId: string,
    ...caps: CapValues,
  ]
> = {
  name: 'prompt_retry_reply',
  text: `
    WITH ${lockRoom('$3', '$2')}, target AS (
      SELECT m.id, m.status FROM room JOIN message m ON m.chatroom_id = room.id
      WHERE m.id = $1 AND m.role = 'model' FOR NO KEY UPDATE OF m
    ), load AS (${readLoad('$3')}
    ), allowed AS (
      SELECT FROM load, target WHERE target.status IN ('failed', 'cancelled', 'incomplete') AND ${withinCaps(RETRY_CAPS)}
    ), unit AS (${chargeUnit({ user: '$3', limit: '$4::int', from: 'allowed' })}
    ), again AS (
      UPDATE message m
      SET status = 'queued', claim = m.claim + 1, content = NULL, error_code = NULL, error_message = NULL, finish_reason = NULL,
          model = NULL, prompt_tokens = NULL, output_tokens = NULL, thought_tokens = NULL, cached_tokens = NULL,
          total_tokens = NULL, cached = false, context_trimmed = false, completed_at = NULL, attempts = 0, quota_day = unit.day
      FROM unit WHERE m.id = $1
      RETURNING m.*
    ), item AS (${enqueueItem(
      {
        kind: `'reply'`,
        subject: 'again.id::text',
        requestId: '$5::text',
        group: '$2::text',
        position: 'again.number',
        owner: '$3::uuid',
        state: stateOf(RETRY_CAPS),
        priority: 'load.admitted + 1',
        claim: 'again.claim',
        firstPoll: FIRST_POLL,
      },
      'again, load',
    )}
    )
    SELECT EXISTS (SELECT FROM room) AS found,
           EXISTS (SELECT FROM allowed) AS allowed,
           (SELECT status FROM target) AS "was",
           (SELECT used FROM unit) AS used,
           (SELECT to_jsonb(shown) FROM (SELECT ${MESSAGE_COLUMNS} FROM again) shown) AS reply,
           (SELECT claim FROM again) AS claim,
           (SELECT priority FROM item WHERE state = 'ready') AS priority`,
};

/** `was`: the status before; null: the room has no such reply. */
export type RetryRow = ChargedRow & { was: MessageRow['status'] | null; claim: number | null };

/** What a reply of the room is now: its claim tells which published text belongs to it. $1 reply, $2 room, $3 user. */
export const FIND_REPLY_STATE: Statement<ReplyState, [replyId: string, chatroomId: string, userId: string]> =
  {
    name: 'prompt_find_reply_state',
    text: `
    SELECT greatest(w.claim, m.claim) AS claim, m.id IS NOT NULL AS exists, w.subject_id IS NOT NULL AS unfinished
    FROM chatroom c
    LEFT JOIN message m ON m.id = $1 AND m.chatroom_id = c.id AND m.role = 'model'
    LEFT JOIN work_item w ON w.kind = 'reply' AND w.subject_id = m.id::text
    WHERE c.id = $2 AND c.user_id = $3 AND c.deleted_at IS NULL`,
  };

export interface ReplyState {
  claim: number;
  exists: boolean;
  unfinished: boolean;
}

/**
 * Cancels a reply that is not final. It and the worker's finish each delete the work item: whichever comes first decides.
 * Locks: account, message, work item.
 * $1 reply, $2 user, $3 the claim whose text is kept, $4 that text, $5 replies that the owner may run at once.
 */
export const CANCEL_REPLY: Statement<
  CancelRow,
  [replyId: string, userId: string, claim: number, text: string, maxRunning: number]
> = {
  name: 'prompt_cancel_reply',
  text: `
    WITH account AS (${lockAccount('$2')}
    ), item AS (
      DELETE FROM work_item w USING account WHERE w.kind = 'reply' AND w.subject_id = $1::text
      RETURNING w.claim, w.owner_id, w.attempts + w.lost_claims AS attempts
    ), cancelled AS (
      UPDATE message m SET status = 'cancelled', content = CASE WHEN greatest(item.claim, m.claim) = $3::int THEN $4 ELSE '' END,
          claim = greatest(item.claim, m.claim), attempts = item.attempts, completed_at = now()
      FROM item WHERE m.id = $1::uuid AND m.completed_at IS NULL
      RETURNING m.*
    ), promoted AS (
      SELECT n.* FROM item, work_promote('reply', item.owner_id, $5::int) n
    )
    SELECT (SELECT to_jsonb(shown) FROM (SELECT ${MESSAGE_COLUMNS} FROM cancelled) shown) AS reply, ${promotedJson()} AS promoted`,
};

/** `reply`: null where it was final already. */
export interface CancelRow {
  reply: JsonMessageRow | null;
  promoted: ReadyItem[];
}
