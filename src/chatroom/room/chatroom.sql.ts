import type { Chatroom } from '../../generated/prisma/client.js';
import { PURGE_DELAY } from '../../config/timing.js';
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
 * Every change of a room is one of the list, so that a cached list can never be stale. The account comes first, here as in
 * every statement that locks both.
 */
const CHANGE_LIST = (user: string) =>
  `UPDATE app_user SET room_list_version = room_list_version + 1 WHERE id = ${user} RETURNING id`;

/**
 * Makes a room, unless the account has as many as it may. Rooms whose purge is not done count too, up to as many again, so that
 * they do not pile up. An account that is being deleted gets no room: no row. Locks: account.
 * $1 id, $2 user, $3 title, $4 whether the title is the default one, $5 instruction, $6 model, $7 rooms at most.
 */
export const CREATE_CHATROOM: Statement<
  CreatedChatroomRow,
  [
    id: string,
    userId: string,
    title: string,
    titleIsDefault: boolean,
    systemInstruction: string | null,
    model: string | null,
    maxRooms: number,
  ]
> = {
  name: 'chatroom_create',
  text: `
    WITH account AS (${CHANGE_LIST('$2')}
    ), load AS (
      SELECT account.id AS user_id, l.* FROM account, room_load(account.id, 2 * $7::int) l
    ), room AS (
      INSERT INTO chatroom (id, user_id, title, title_is_default, system_instruction, model)
      SELECT $1::uuid, user_id, $3, $4::boolean, $5, $6 FROM load WHERE rooms < $7::int AND stored < 2 * $7::int
      RETURNING *
    )
    SELECT room.id IS NOT NULL AS created, ${columnList(COLUMNS, 'room')} FROM account LEFT JOIN room ON true`,
};

/** Where the room was not created, the account has too many and the other columns are null. */
export type CreatedChatroomRow = ChatroomRow & { created: boolean };

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
      {
        kind: `'chatroom-purge'`,
        subject: 'room.id::text',
        requestId: '$4::text',
        firstPoll: String(PURGE_DELAY + 1_000),
      },
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
 * Ends the unfinished replies of an account that is about to be deleted, and takes their rooms out of sight, so that whoever
 * follows one of them finds it gone. Called while the account is locked. Locks: work item, room. $1 user.
 */
export const END_ACCOUNT_REPLIES: Statement<{ id: string }, [userId: string]> = {
  name: 'chatroom_end_account_replies',
  text: `
    WITH ended AS (
      DELETE FROM work_item WHERE kind = 'reply' AND owner_id = $1 RETURNING subject_id, group_key
    ), room AS (
      UPDATE chatroom SET deleted_at = now() WHERE id IN (SELECT group_key::uuid FROM ended) AND deleted_at IS NULL
    )
    SELECT subject_id AS id FROM ended`,
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

/** $3 and $4 where the page before ended, or null; $5 a part of the title. A title is folded when it is written. */
export const CHATROOM_SEARCH_PAGE: Statement<
  ListedChatroomRow,
  [userId: string, limit: number, activityAt: Date | null, id: string | null, part: string]
> = {
  name: 'chatroom_search_page',
  text: `
    SELECT ${LISTED_CHATROOM_COLUMNS} FROM chatroom
    WHERE user_id = $1 AND deleted_at IS NULL AND ($3::timestamptz IS NULL OR (activity_at, id) < ($3, $4::uuid))
      AND strpos(coalesce(title_folded, fold_text(title)), (SELECT fold_text($5))) > 0
    ORDER BY activity_at DESC, id DESC LIMIT $2`,
};
