import { Injectable } from '@nestjs/common';
import type { Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import { itemsThatFit, PAGE_BYTES, pageJson } from '../../common/http/json-page.js';
import type { PageQuery } from '../../common/http/page-query.dto.js';
import { Database, type ValuesOf } from '../../infra/postgres/database.js';
import { fromMessageCursor, toMessageCursor } from './cursor.js';
import { toMessage } from './message.dto.js';
import { FIND_MESSAGE, FIND_ROOM, MESSAGES_BEFORE, type MessageRow } from './message.sql.js';

/** Above every number a message can have. */
const NEWEST = 2_147_483_647;

/** Reads messages, for the owner of their room alone. */
@Injectable()
export class MessageService {
  constructor(private readonly database: Database) {}

  /** @throws AppError `chatroom.not_found`, `message.not_found` */
  async get(user: Principal, chatroomId: string, id: string): Promise<MessageRow> {
    const [row] = await this.database.query(FIND_MESSAGE, [id, chatroomId, user.userId]);
    if (row) return row;
    await this.requireRoom(user, chatroomId);
    throw new AppError('message.not_found');
  }

  /**
   * A page as JSON of a MessageListDto, oldest first; its cursor leads back in time.
   * @throws AppError `chatroom.not_found`, `validation.failed` for a cursor that is none
   */
  async list(user: Principal, chatroomId: string, { limit, cursor }: PageQuery): Promise<string> {
    const before = cursor === undefined ? NEWEST : fromMessageCursor(cursor);
    await this.requireRoom(user, chatroomId);
    return this.page(chatroomId, before, limit);
  }

  /** The newest page of a room, as `list`. @param used bytes that the response has beside the page */
  newest(chatroomId: string, limit: number, used: number): Promise<string> {
    return this.page(chatroomId, NEWEST, limit, used);
  }

  private async requireRoom(user: Principal, id: string): Promise<void> {
    const rows = await this.database.query(FIND_ROOM, [id, user.userId]);
    if (rows.length === 0) throw new AppError('chatroom.not_found');
  }

  private async page(chatroomId: string, before: number, limit: number, used = 0): Promise<string> {
    const values: ValuesOf<typeof MESSAGES_BEFORE> = [chatroomId, before, limit + 1, PAGE_BYTES];
    const rows = await this.database.query(MESSAGES_BEFORE, values);
    const page = itemsThatFit(rows.slice(0, limit).map(toMessage), used);
    const oldest = rows[page.length - 1];
    const more = oldest && oldest.found > page.length;
    return pageJson(page.reverse(), more ? toMessageCursor(oldest.number) : null);
  }
}
