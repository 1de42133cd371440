import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Principal } from '../../common/auth-context.js';
import { Settings } from '../../config/settings.js';
import type { RedisClient } from '../../infra/redis/connect.js';
import { REDIS } from '../../infra/redis/redis.module.js';
import { itemsThatFit, pageJson } from '../../common/http/json-page.js';
import { Database } from '../../infra/postgres/database.js';
import { roomListKey } from '../cached-keys.js';
import { type ChatroomListQuery, toListedChatroom } from './chatroom.dto.js';
import {
  CHATROOM_FIRST_PAGE,
  CHATROOM_NEXT_PAGE,
  CHATROOM_SEARCH_PAGE,
  type ListedChatroomRow,
} from './chatroom.sql.js';
import { fromRoomCursor, toRoomCursor, type RoomPosition } from '../message/cursor.js';

/**
 * The first page of a person's rooms in Redis, as it was read last. With it stands the version that PostgreSQL told with
 * that request's session, and every change of the rooms makes a new one: an old page is never taken for a new one, whoever
 * wrote it and whenever. One key a person: what they do not ask for again is not kept.
 */
@Injectable()
export class ChatroomListCache {
  private readonly logger = new Logger(ChatroomListCache.name);
  private readonly seconds: number;

  constructor(
    @Inject(REDIS) private readonly redis: RedisClient,
    settings: Settings,
  ) {
    this.seconds = settings.CHATROOM_LIST_CACHE_TTL_SECONDS;
  }

  /** The page as JSON, or what `load` says of it. A Redis that is away costs at most its command timeout, and is a miss. */
  async read(
    user: Principal,
    limit: number,
    load: () => Promise<string>,
  ): Promise<{ json: string; cache: 'HIT' | 'MISS' }> {
    const key = roomListKey(user.userId);
    const stamp = `${user.roomListVersion}:${limit}:`;
    const cached = await this.find(key);
    if (cached?.startsWith(stamp)) return { json: cached.slice(stamp.length), cache: 'HIT' };
    const json = await load();
    if (cached !== undefined) this.keep(key, stamp + json);
    return { json, cache: 'MISS' };
  }

  /** Undefined: there is no asking Redis. */
  private async find(key: string): Promise<string | null | undefined> {
    if (this.seconds === 0) return undefined;
    return this.redis.get(key).catch((error: Error) => {
      this.logger.debug(`the room list was not looked up: ${error.message}`);
      return undefined;
    });
  }

  private keep(key: string, json: string): void {
    this.redis
      .set(key, json, 'EX', this.seconds)
      .catch((error: Error) => this.logger.debug(`the room list was not kept: ${error.message}`));
  }
}

/** A page as JSON text. `cache` is undefined for pages that are never cached. */
export interface RoomPage {
  json: string;
  cache?: 'HIT' | 'MISS';
}

/** A person's rooms, newest activity first. */
@Injectable()
export class ChatroomListService {
  constructor(
    private readonly database: Database,
    private readonly cache: ChatroomListCache,
  ) {}

  /** @throws AppError `validation.failed` for a cursor that is none */
  async read(user: Principal, query: ChatroomListQuery): Promise<RoomPage> {
    const load = () => this.load(user.userId, query);
    if (query.cursor !== undefined || query.q) return { json: await load() };
    return this.cache.read(user, query.limit, load);
  }

  private async load(userId: string, { limit, cursor, q }: ChatroomListQuery): Promise<string> {
    const after = cursor === undefined ? undefined : fromRoomCursor(cursor);
    const rows = await this.rows(userId, limit + 1, after, q);
    const page = itemsThatFit(rows.slice(0, limit).map(toListedChatroom));
    const last = rows[page.length - 1];
    return pageJson(page, rows.length > page.length && last ? toRoomCursor(last) : null);
  }

  private rows(
    userId: string,
    count: number,
    after: RoomPosition | undefined,
    q: string | undefined,
  ): Promise<ListedChatroomRow[]> {
    if (q) {
      const { activityAt = null, id = null } = after ?? {};
      return this.database.query(CHATROOM_SEARCH_PAGE, [userId, count, activityAt, id, q]);
    }
    return after
      ? this.database.query(CHATROOM_NEXT_PAGE, [userId, count, after.activityAt, after.id])
      : this.database.query(CHATROOM_FIRST_PAGE, [userId, count]);
  }
}
