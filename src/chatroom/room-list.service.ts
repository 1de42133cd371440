import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { Database } from '../infra/prisma/database.js';
import {
  toChatroom,
  type ChatroomListDto,
  type ChatroomListQuery,
  type ChatroomRow,
} from './chatroom.dto.js';
import { FIRST_PAGE, NEXT_PAGE, SEARCH_PAGE } from './chatroom.statement.js';
import { fromRoomCursor, toRoomCursor } from './cursor.js';
import { RoomListCache } from './room-list.cache.js';

/** A page as JSON text. `cache` is undefined for pages that are never cached. */
export interface RoomPage {
  json: string;
  cache?: 'HIT' | 'MISS';
}

/** A person's rooms, newest activity first. */
@Injectable()
export class RoomListService {
  constructor(
    private readonly database: Database,
    private readonly cache: RoomListCache,
  ) {}

  /** @throws AppError `validation.failed` for a cursor that is none */
  async read(user: Principal, query: ChatroomListQuery): Promise<RoomPage> {
    const load = async () => JSON.stringify(await this.load(user.userId, query));
    if (query.cursor !== undefined || query.q) return { json: await load() };
    return this.cache.read(user, query.limit, load);
  }

  private async load(userId: string, { limit, cursor, q }: ChatroomListQuery): Promise<ChatroomListDto> {
    const after = cursor === undefined ? undefined : fromRoomCursor(cursor);
    const rows = await this.rows(userId, limit + 1, after ? [after.activityAt, after.id] : [], q);
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      data: page.map(toChatroom),
      nextCursor: rows.length > limit && last ? toRoomCursor(last) : null,
    };
  }

  private rows(
    userId: string,
    count: number,
    after: unknown[],
    q: string | undefined,
  ): Promise<ChatroomRow[]> {
    if (q) {
      const [time = null, id = null] = after;
      return this.database.query(SEARCH_PAGE, [userId, count, time, id, `%${escapeLike(q)}%`]);
    }
    return this.database.query(after.length > 0 ? NEXT_PAGE : FIRST_PAGE, [userId, count, ...after]);
  }
}

/** `%`, `_` and `\` stand for themselves. */
function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
