import { UuidParam } from '../common/http/uuid-param.decorator.js';

/** The room of the path. */
export const RoomId = () => UuidParam('id', 'chatroom.not_found');

/** The message of the path. */
export const MessageId = () => UuidParam('messageId', 'message.not_found');
