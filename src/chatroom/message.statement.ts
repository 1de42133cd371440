import type { Statement } from '../infra/prisma/database.js';
import { MESSAGE_COLUMNS } from './message.dto.js';

/** $2 before this number, $3 one more than a page; newest first. */
export const MESSAGES_BEFORE: Statement = {
  name: 'message_page',
  text: `
    SELECT number, ${MESSAGE_COLUMNS} FROM message WHERE chatroom_id = $1 AND number < $2
    ORDER BY number DESC LIMIT $3`,
};

/** $1 message, $2 room, $3 user. */
export const FIND_MESSAGE: Statement = {
  name: 'message_find',
  text: `
    SELECT ${MESSAGE_COLUMNS} FROM message
    WHERE id = $1 AND chatroom_id = $2 AND EXISTS (SELECT 1 FROM chatroom WHERE id = $2 AND user_id = $3)`,
};
