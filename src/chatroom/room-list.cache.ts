import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { Settings } from '../config/settings.js';
import type { RedisClient } from '../infra/redis/connect.js';
import { REDIS } from '../infra/redis/redis.module.js';

/**
 * The first page of a person's rooms in Redis, as it was read last. With it stands the version that PostgreSQL told with
 * that request's session, and every change of the rooms makes a new one: an old page is never taken for a new one, whoever
 * wrote it and whenever. One key a person: what they do not ask for again is not kept.
 */
@Injectable()
export class RoomListCache {
  private readonly logger = new Logger(RoomListCache.name);
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
    const key = `rooms:${user.userId}:page`;
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
