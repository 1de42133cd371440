import { Inject, Injectable } from '@nestjs/common';
import { failpoint } from '../../common/failpoint.js';
import { PURGE_RESPONSES } from '../../infra/idempotency/idempotency.sql.js';
import { Database } from '../../infra/postgres/database.js';
import { inPortions } from '../../infra/postgres/portions.js';
import type { RedisClient } from '../../infra/redis/connect.js';
import { REDIS } from '../../infra/redis/redis.module.js';
import { deleteCachedKeys, deleteCachedKeysOfRoom } from '../cached-keys.js';
import { REPLY_STREAM_LIFE, replyStreamKey } from '../reply-channel.js';
import {
  FIND_GONE_CHATROOM,
  FIND_ORPHANED_CHATROOMS,
  FIND_PURGED_MESSAGES,
  PURGE_CHATROOMS,
  PURGE_MESSAGES,
} from './purge.sql.js';

/** Messages in one statement: a fraction of a second, and below the limit of a statement on a busy machine too. */
const MESSAGES = 2_000;
/** Rooms whose messages one statement looks for. */
const ROOMS = 200;

/**
 * Removes rooms that are out of sight, with all that PostgreSQL and Redis hold of them. Each portion is a transaction of its
 * own, and what Redis holds goes before the rows by which it is found: a purge that ends early is continued by the next.
 */
@Injectable()
export class RoomPurgeService {
  constructor(
    private readonly database: Database,
    @Inject(REDIS) private readonly redis: RedisClient,
  ) {}

  /**
   * Purges one deleted room. @param signal aborted when the purge has to stop
   * @throws Error of ioredis when Redis is away, AppError `service.unavailable` when PostgreSQL is
   */
  async purgeRoom(id: string, signal: AbortSignal): Promise<void> {
    const [room] = await this.database.query(FIND_GONE_CHATROOM, [id]);
    if (!room) return;
    await inPortions(this.database, PURGE_RESPONSES, id, signal);
    if (room.userId !== null) await deleteCachedKeysOfRoom(this.redis, room.userId, id);
    await this.purge([id], signal);
  }

  /** Purges all rooms of a deleted account, and what Redis has cached of it. As `purgeRoom`. */
  async purgeAccount(userId: string, signal: AbortSignal): Promise<void> {
    await deleteCachedKeys(this.redis, userId);
    for (;;) {
      const rooms = await this.database.query(FIND_ORPHANED_CHATROOMS, [userId, ROOMS]);
      if (rooms.length === 0) return;
      await this.purge(
        rooms.map(({ id }) => id),
        signal,
      );
    }
  }

  private async purge(rooms: string[], signal: AbortSignal): Promise<void> {
    while (await this.purgePortion(rooms)) {
      failpoint('purge.portion');
      signal.throwIfAborted();
    }
    await this.database.query(PURGE_CHATROOMS, [rooms]);
    signal.throwIfAborted();
  }

  /** @returns whether messages may be left */
  private async purgePortion(rooms: string[]): Promise<boolean> {
    const found = await this.database.query(FIND_PURGED_MESSAGES, [rooms, MESSAGES, REPLY_STREAM_LIFE]);
    if (found.length === 0) return false;
    const published = found.filter((message) => message.published).map(({ id }) => replyStreamKey(id));
    // One key a command: in a Redis Cluster each may be in another slot.
    await Promise.all(published.map((key) => this.redis.unlink(key)));
    await this.database.query(PURGE_MESSAGES, [found.map(({ id }) => id)]);
    return true;
  }
}
