import type { Statement } from '../../infra/postgres/database.js';

const COLUMNS = [
  'id',
  'title',
  'system_instruction AS "systemInstruction"',
  'model',
  'message_count AS "messageCount"',
  'last_message_at AS "lastMessageAt"',
  'activity_at AS "activityAt"',
  'created_at AS "createdAt"',
  'updated_at AS "updatedAt"',
].join(', ');

/**
 * What each change of a room carries with it, so that a cached list can never be stale. The room comes first and the person
 * second, here as in every statement that locks both: two that went the other way round would wait for each other.
 */
const BUMP_LIST =
  'UPDATE app_user u SET room_list_version = u.room_list_version + 1 FROM room WHERE u.id = room.user_id';

/**
 * $1 id, $2 user, $3 title, $4 whether the title is the default one, $5 instruction, $6 model. The person comes first,
 * since nobody else can hold a room that is new: one who is being deleted gets none.
 */
export const CREATE: Statement = {
  name: 'chatroom_create',
  text: `
    WITH person AS (
      UPDATE app_user SET room_list_version = room_list_version + 1 WHERE id = $2 RETURNING id
    ), room AS (
      INSERT INTO chatroom (id, user_id, title, title_is_default, system_instruction, model)
      SELECT $1::uuid, id, $3, $4::boolean, $5, $6 FROM person
      RETURNING *
    )
    SELECT ${COLUMNS} FROM room`,
};

export const FIND: Statement = {
  name: 'chatroom_find',
  text: `SELECT ${COLUMNS} FROM chatroom WHERE id = $1 AND user_id = $2`,
};

/** $3 title or null; $4 whether the instruction changes, $5 to what; $6 whether the model changes, $7 to what. */
export const UPDATE: Statement = {
  name: 'chatroom_update',
  text: `
    WITH room AS (
      UPDATE chatroom SET
        title = coalesce($3, title), title_is_default = title_is_default AND $3 IS NULL,
        system_instruction = CASE WHEN $4 THEN $5 ELSE system_instruction END,
        model = CASE WHEN $6 THEN $7 ELSE model END,
        updated_at = now()
      WHERE id = $1 AND user_id = $2
      RETURNING *
    ), bump AS (${BUMP_LIST})
    SELECT ${COLUMNS} FROM room`,
};

/** Its messages go with it. Tells which replies were unfinished. */
export const REMOVE: Statement = {
  name: 'chatroom_remove',
  text: `
    WITH room AS (
      DELETE FROM chatroom WHERE id = $1 AND user_id = $2 RETURNING id, user_id
    ), bump AS (${BUMP_LIST})
    SELECT ARRAY(
      SELECT m.id FROM message m WHERE m.chatroom_id = room.id AND m.status IN ('queued', 'in_progress')
    ) AS unfinished
    FROM room`,
};

/** $2 one more than a page. */
export const FIRST_PAGE: Statement = {
  name: 'chatroom_first_page',
  text: `
    SELECT ${COLUMNS} FROM chatroom WHERE user_id = $1
    ORDER BY activity_at DESC, id DESC LIMIT $2`,
};

/** $2 one more than a page; $3 and $4 where the page before ended. */
export const NEXT_PAGE: Statement = {
  name: 'chatroom_next_page',
  text: `
    SELECT ${COLUMNS} FROM chatroom WHERE user_id = $1 AND (activity_at, id) < ($3, $4)
    ORDER BY activity_at DESC, id DESC LIMIT $2`,
};

/** $3 and $4 where the page before ended, or null; $5 a pattern of ILIKE. */
export const SEARCH_PAGE: Statement = {
  name: 'chatroom_search_page',
  text: `
    SELECT ${COLUMNS} FROM chatroom
    WHERE user_id = $1 AND ($3::timestamptz IS NULL OR (activity_at, id) < ($3, $4::uuid)) AND title ILIKE $5
    ORDER BY activity_at DESC, id DESC LIMIT $2`,
};
