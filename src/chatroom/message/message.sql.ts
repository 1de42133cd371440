import type { Statement } from '../../infra/postgres/database.js';
import { MESSAGE_COLUMNS, type MessageRow } from './message.dto.js';

/** $2 before this number, $3 one more than a page; newest first. */
export const MESSAGES_BEFORE: Statement = {
  name: 'message_page',
  text: `
    SELECT number, ${MESSAGE_COLUMNS} FROM message WHERE chatroom_id = $1 AND number < $2
    ORDER BY number DESC LIMIT $3`,
};

/** Whether a person has the room. $1 room, $2 user. */
export const FIND_ROOM: Statement = {
  name: 'message_find_room',
  text: 'SELECT 1 AS found FROM chatroom WHERE id = $1 AND user_id = $2',
};

/** $1 message, $2 room, $3 user. */
export const FIND_MESSAGE: Statement = {
  name: 'message_find',
  text: `
    SELECT ${MESSAGE_COLUMNS} FROM message
    WHERE id = $1 AND chatroom_id = $2 AND EXISTS (SELECT 1 FROM chatroom WHERE id = $2 AND user_id = $3)`,
};

/** What PostgreSQL says of replies that somebody listens to. Content is moved only for those that ended: others have none. */
export const FIND_REPLIES: Statement = {
  name: 'feed_rows',
  text: `
    SELECT claim, attempts + lost_claims + 1 AS attempt, ${MESSAGE_COLUMNS}
    FROM message WHERE id = ANY($1::uuid[]) AND role = 'model'`,
};

export type ReplyRow = MessageRow & { claim: number; attempt: number };
