import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { AppError } from '../common/errors/app-error.js';
import type { PageQuery } from '../common/http/page-query.dto.js';
import { Database } from '../infra/prisma/database.js';
import { FIND } from './chatroom.statement.js';
import {
  toChatroom,
  type ChatroomRow,
  type ChatroomWithMessagesDto,
  type MessageListDto,
} from './chatroom.dto.js';
import { fromMessageCursor, toMessageCursor } from './cursor.js';
import { toMessage, type MessageRow } from './message.dto.js';
import { FIND_MESSAGE, MESSAGES_BEFORE } from './message.statement.js';

/** Above every number a message can have. */
const NEWEST = 2_147_483_647;

/** Reads messages, for the owner of their room alone. */
@Injectable()
export class MessageService {
  constructor(private readonly database: Database) {}

  /** @throws AppError `chatroom.not_found`, `message.not_found` */
  async get(user: Principal, chatroomId: string, id: string): Promise<MessageRow> {
    const [row] = await this.database.query<MessageRow>(FIND_MESSAGE, [id, chatroomId, user.userId]);
    if (row) return row;
    await this.getRoom(user, chatroomId);
    throw new AppError('message.not_found');
  }

  /**
   * A page, oldest first; its cursor leads back in time.
   * @throws AppError `chatroom.not_found`, `validation.failed` for a cursor that is none
   */
  async list(user: Principal, chatroomId: string, { limit, cursor }: PageQuery): Promise<MessageListDto> {
    const before = cursor === undefined ? NEWEST : fromMessageCursor(cursor);
    await this.getRoom(user, chatroomId);
    return this.page(chatroomId, before, limit);
  }

  /**
   * The room with the newest page of its messages.
   * @throws AppError `chatroom.not_found`
   */
  async open(user: Principal, chatroomId: string, limit: number): Promise<ChatroomWithMessagesDto> {
    const room = await this.getRoom(user, chatroomId);
    return { ...toChatroom(room), messages: await this.page(chatroomId, NEWEST, limit) };
  }

  private async getRoom(user: Principal, id: string): Promise<ChatroomRow> {
    const [room] = await this.database.query<ChatroomRow>(FIND, [id, user.userId]);
    if (!room) throw new AppError('chatroom.not_found');
    return room;
  }

  private async page(chatroomId: string, before: number, limit: number): Promise<MessageListDto> {
    const values = [chatroomId, before, limit + 1];
    const rows = await this.database.query<MessageRow & { number: number }>(MESSAGES_BEFORE, values);
    const page = rows.slice(0, limit).reverse();
    const [oldest] = page;
    return {
      data: page.map(toMessage),
      nextCursor: rows.length > limit && oldest ? toMessageCursor(oldest.number) : null,
    };
  }
}
