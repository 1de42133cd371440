import type { Chatroom, Message } from '../../generated/prisma/client.js';
import type { Statement } from '../../infra/postgres/database.js';

/**
 * Whether a room `c` is to be purged: it was deleted, or its account is gone. No other transaction uses such a room, since
 * each locks the account first and asks for rooms that are not deleted.
 */
const IS_GONE = `(c.deleted_at IS NOT NULL OR NOT EXISTS (SELECT FROM app_user u WHERE u.id = c.user_id))`;

/** The account of a room that is to be purged: null where the room went with its account. $1 room. */
export const FIND_GONE_CHATROOM: Statement<Pick<Chatroom, 'userId'>, [chatroomId: string]> = {
  name: 'purge_find_chatroom',
  text: `SELECT c.user_id AS "userId" FROM chatroom c WHERE c.id = $1 AND ${IS_GONE}`,
};

/** Some rooms of an account that is gone. $1 account, $2 how many at most. */
export const FIND_ORPHANED_CHATROOMS: Statement<Pick<Chatroom, 'id'>, [userId: string, limit: number]> = {
  name: 'purge_find_orphans',
  text: `
    SELECT c.id FROM chatroom c
    WHERE c.user_id = $1 AND NOT EXISTS (SELECT FROM app_user u WHERE u.id = $1) LIMIT $2`,
};

/**
 * Some messages of rooms that are to be purged, each reply before its prompt. $1 rooms, $2 how many at most, $3 seconds for
 * which a reply's stream is kept in Redis.
 */
export const FIND_PURGED_MESSAGES: Statement<
  PurgedMessage,
  [chatroomIds: string[], limit: number, seconds: number]
> = {
  name: 'purge_find_messages',
  text: `
    SELECT m.id, m.role = 'model' AND coalesce(m.completed_at > now() - make_interval(secs => 2 * $3::float8), true) AS published
    FROM unnest($1::uuid[]) r(id) JOIN chatroom c ON c.id = r.id AND ${IS_GONE}
    CROSS JOIN LATERAL (
      SELECT id, role, completed_at FROM message WHERE chatroom_id = c.id ORDER BY number DESC LIMIT $2
    ) m
    LIMIT $2`,
};

/** `published`: it is a reply whose stream may still be in Redis. */
export type PurgedMessage = Pick<Message, 'id'> & { published: boolean };

/** Deletes messages that FIND_PURGED_MESSAGES has found. $1 messages. */
export const PURGE_MESSAGES: Statement<never, [ids: string[]]> = {
  name: 'purge_messages',
  text: 'DELETE FROM message WHERE id = ANY($1::uuid[])',
};

/** Deletes rooms that are to be purged and have no messages any more. $1 rooms. */
export const PURGE_CHATROOMS: Statement<never, [chatroomIds: string[]]> = {
  name: 'purge_chatrooms',
  text: `
    DELETE FROM chatroom c WHERE c.id = ANY($1::uuid[]) AND ${IS_GONE}
      AND NOT EXISTS (SELECT FROM message m WHERE m.chatroom_id = c.id)`,
};
