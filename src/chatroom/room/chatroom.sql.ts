import type { Chatroom } from '../../generated/prisma/client.js';
import { columnList, type Statement } from '../../infra/postgres/database.js';
import type { ReadyItem } from '../../infra/work/define-work.js';
import { enqueueItem, promotedJson } from '../../infra/work/work.sql.js';

/** Every column the list shows a room from, by the name its row has. */
const LISTED_COLUMNS = {
  id: 'id',
  title: 'title',
  model: 'model',
  messageCount: 'message_count',
  lastMessageAt: 'last_message_at',
  activityAt: 'activity_at',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
} as const satisfies Partial<Record<keyof Chatroom, string>>;

/** The instruction is left out of lists: a hundred of them are megabytes. */
const COLUMNS = { ...LISTED_COLUMNS, systemInstruction: 'system_instruction' } as const;

/** What a room is shown from. */
export type ChatroomRow = Pick<Chatroom, keyof typeof COLUMNS>;
/** What the list shows a room from. */
export type ListedChatroomRow = Pick<Chatroom, keyof typeof LISTED_COLUMNS>;

const CHATROOM_COLUMNS = columnList(COLUMNS);
const LISTED_CHATROOM_COLUMNS = columnList(LISTED_COLUMNS);

/**
 * A text as titles are searched: without differences of normal form, width and case.
 * @param text an SQL expression
 */
const folded = (text: string) => `replace(translate(lower(normalize(${text}, NFKC)), 'ς', 'σ'), 'ß', 'ss')`;

/**
 * Every change of a room is one of the list, so that a cached list can never be stale. The account comes first, here as in
 * every statement that locks both.
 */
const CHANGE_LIST = (user: string) =>
  `UPDATE app_user SET room_list_version = room_list_version + 1 WHERE id = ${user} RETURNING id`;

/**
 * An account that is being deleted gets no room. Locks: account.
 * $1 id, $2 user, $3 title, $4 whether the title is the default one, $5 instruction, $6 model.
 */
export const CREATE_CHATROOM: Statement<
  ChatroomRow,
  [
    id: string,
    userId: string,
    title: string,
    titleIsDefault: boolean,
    systemInstruction: string | null,
    model: string | null,
  ]
> = {
  name: 'chatroom_create',
  text: `
    WITH account AS (${CHANGE_LIST('$2')}
    ), room AS (
      INSERT INTO chatroom (id, user_id, title, title_is_default, system_instruction, model)
      SELECT $1::uuid, id, $3, $4::boolean, $5, $6 FROM account
      RETURNING *
    )
    SELECT ${CHATROOM_COLUMNS} FROM room`,
};

export const FIND_CHATROOM: Statement<ChatroomRow, [id: string, userId: string]> = {
  name: 'chatroom_find',
  text: `SELECT ${CHATROOM_COLUMNS} FROM chatroom WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL`,
};

/**
 * Changes what is named. Locks: account, room. An update of a room that is not there changes the list's version, which costs
 * one cached page. $1 id, $2 user, $3 title or null, $4 whether the instruction changes, $5 to what, $6 whether the model
 * changes, $7 to what.
 */
export const UPDATE_CHATROOM: Statement<
  ChatroomRow,
  [
    id: string,
    userId: string,
    title: string | null,
    changesInstruction: boolean,
    systemInstruction: string | null,
    changesModel: boolean,
    model: string | null,
  ]
> = {
  name: 'chatroom_update',
  text: `
    WITH account AS (${CHANGE_LIST('$2')}
    ), room AS (
      UPDATE chatroom c SET
        title = coalesce($3, c.title), title_is_default = c.title_is_default AND $3 IS NULL,
        system_instruction = CASE WHEN $4 THEN $5 ELSE c.system_instruction END,
        model = CASE WHEN $6 THEN $7 ELSE c.model END,
        updated_at = now()
      FROM account WHERE c.id = $1 AND c.user_id = account.id AND c.deleted_at IS NULL
      RETURNING c.*
    )
    SELECT ${CHATROOM_COLUMNS} FROM room`,
};

/**
 * Takes a room out of sight, ends its unfinished replies and orders the purge of its rows. Locks: account, room, work item.
 * $1 id, $2 user, $3 replies that the owner may run at once, $4 request id.
 */
export const DELETE_CHATROOM: Statement<
  DeletedRow,
  [id: string, userId: string, maxRunning: number, requestId: string]
> = {
  name: 'chatroom_delete',
  text: `
    WITH account AS (${CHANGE_LIST('$2')}
    ), room AS (
      UPDATE chatroom c SET deleted_at = now() FROM account
      WHERE c.id = $1 AND c.user_id = account.id AND c.deleted_at IS NULL RETURNING c.id, c.user_id
    ), ended AS (
      DELETE FROM work_item w USING room WHERE w.kind = 'reply' AND w.owner_id = room.user_id AND w.group_key = room.id::text
      RETURNING w.subject_id, w.owner_id
    ), promoted AS (
      SELECT n.* FROM (SELECT DISTINCT owner_id FROM ended) e, work_promote('reply', e.owner_id, $3::int) n
    ), purge AS (${enqueueItem(
      { kind: `'chatroom-purge'`, subject: 'room.id::text', requestId: '$4::text', firstPoll: '1000' },
      'room',
    )}
    )
    SELECT ARRAY(SELECT subject_id FROM ended) AS ended, ${promotedJson()} AS promoted FROM room`,
};

export interface DeletedRow {
  /** Replies that were unfinished. */
  ended: string[];
  promoted: ReadyItem[];
}

/**
 * As DELETE_CHATROOM, for every room of an account that is about to be deleted: they stay behind without a user until they
 * are purged. Called while the account is locked. $1 user, $2 request id.
 */
export const DELETE_CHATROOMS: Statement<PublishedReply, [userId: string, requestId: string]> = {
  name: 'chatroom_delete_all',
  text: `
    WITH room AS (
      UPDATE chatroom SET deleted_at = coalesce(deleted_at, now()), user_id = NULL WHERE user_id = $1
      RETURNING id, last_message_at
    ), ended AS (
      DELETE FROM work_item WHERE kind = 'reply' AND owner_id = $1 RETURNING subject_id
    ), purge AS (${enqueueItem(
      { kind: `'chatroom-purge'`, subject: 'room.id::text', requestId: '$2::text', firstPoll: '0' },
      'room',
    )}
    )
    SELECT subject_id AS id, true AS unfinished FROM ended
    UNION ALL
    SELECT m.id::text, false FROM room JOIN message m ON m.chatroom_id = room.id
    WHERE room.last_message_at > now() - interval '15 minutes' AND m.role = 'model'
      AND m.completed_at > now() - interval '15 minutes'`,
};

/** A reply whose stream may still be in Redis; one that was retried in an old room is left to expire. */
export interface PublishedReply {
  id: string;
  unfinished: boolean;
}

/** Deletes some messages of a deleted room. $1 room, $2 how many at most. */
export const PURGE_MESSAGES: Statement<{ purged: number }, [chatroomId: string, limit: number]> = {
  name: 'chatroom_purge_messages',
  text: `
    WITH batch AS (
      SELECT m.id FROM message m JOIN chatroom c ON c.id = m.chatroom_id
      WHERE m.chatroom_id = $1 AND c.deleted_at IS NOT NULL ORDER BY m.number DESC LIMIT $2
    ), purged AS (
      DELETE FROM message WHERE id IN (SELECT id FROM batch) RETURNING 1
    )
    SELECT count(*)::int AS purged FROM purged`,
};

/** Deletes a deleted room that has no messages any more. $1 room. */
export const PURGE_CHATROOM: Statement<never, [chatroomId: string]> = {
  name: 'chatroom_purge',
  text: `DELETE FROM chatroom c WHERE c.id = $1 AND c.deleted_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM message m WHERE m.chatroom_id = c.id)`,
};

/** $2 one more than a page. */
export const CHATROOM_FIRST_PAGE: Statement<ListedChatroomRow, [userId: string, limit: number]> = {
  name: 'chatroom_first_page',
  text: `
    SELECT ${LISTED_CHATROOM_COLUMNS} FROM chatroom WHERE user_id = $1 AND deleted_at IS NULL
    ORDER BY activity_at DESC, id DESC LIMIT $2`,
};

/** $2 one more than a page; $3 and $4 where the page before ended. */
export const CHATROOM_NEXT_PAGE: Statement<
  ListedChatroomRow,
  [userId: string, limit: number, activityAt: Date, id: string]
> = {
  name: 'chatroom_next_page',
  text: `
    SELECT ${LISTED_CHATROOM_COLUMNS} FROM chatroom WHERE user_id = $1 AND deleted_at IS NULL AND (activity_at, id) < ($3, $4)
    ORDER BY activity_at DESC, id DESC LIMIT $2`,
};

/** $3 and $4 where the page before ended, or null; $5 a part of the title. */
export const CHATROOM_SEARCH_PAGE: Statement<
  ListedChatroomRow,
  [userId: string, limit: number, activityAt: Date | null, id: string | null, part: string]
> = {
  name: 'chatroom_search_page',
  text: `
    SELECT ${LISTED_CHATROOM_COLUMNS} FROM chatroom
    WHERE user_id = $1 AND deleted_at IS NULL AND ($3::timestamptz IS NULL OR (activity_at, id) < ($3, $4::uuid))
      AND strpos(${folded('title')}, ${folded('$5::text')}) > 0
    ORDER BY activity_at DESC, id DESC LIMIT $2`,
};
