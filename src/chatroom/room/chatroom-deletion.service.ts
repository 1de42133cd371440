import { Inject, Injectable, Logger } from '@nestjs/common';
import { Cluster } from 'ioredis';
import { Database, type Sql, type Statement } from '../../infra/postgres/database.js';
import type { RedisClient } from '../../infra/redis/connect.js';
import { REDIS } from '../../infra/redis/redis.module.js';
import { replyStreamKey } from '../reply-channel.js';
import { ReplyEndNotifier } from '../reply-channel.js';

/** Messages that go in one statement: a fraction of a second, and below the limit of a statement on a busy machine too. */
const AT_ONCE = 5_000;

/** Nothing where no more than so many are left. $1 user, $2 room (null: all of the person's). */
const THIN_OUT: Statement = {
  name: 'room_closing_thin_out',
  text: `
    WITH batch AS (
      SELECT m.id FROM chatroom c JOIN message m ON m.chatroom_id = c.id
      WHERE c.user_id = $1 AND ($2::uuid IS NULL OR c.id = $2) AND m.completed_at IS NOT NULL
      LIMIT ${AT_ONCE} + 1
    ), gone AS (
      DELETE FROM message WHERE id IN (SELECT id FROM batch LIMIT ${AT_ONCE})
        AND (SELECT count(*) FROM batch) > ${AT_ONCE}
      RETURNING 1
    )
    SELECT count(*)::int AS gone FROM gone`,
};

/** In the order of whoever writes into a room: the room first, its person second. */
const HOLD: Statement = {
  name: 'room_closing_hold',
  text: 'SELECT id FROM chatroom WHERE user_id = $1 ORDER BY id FOR UPDATE',
};

/** Replies that run, or whose stream may still be in Redis: held, so that none ends and is refunded meanwhile. */
const FIND_PUBLISHED: Statement = {
  name: 'room_closing_published',
  text: `
    SELECT m.id, m.completed_at IS NULL AS unfinished FROM message m JOIN chatroom c ON c.id = m.chatroom_id
    WHERE c.user_id = $1 AND m.role = 'model'
      AND (m.completed_at IS NULL OR m.completed_at > now() - interval '15 minutes')
    ORDER BY m.id FOR UPDATE OF m`,
};

export interface PublishedReply {
  id: string;
  unfinished: boolean;
}

/** The end of rooms: of one that is too large to go at once, and of all that a person has, whose rows go with the account. */
@Injectable()
export class ChatroomDeletionService {
  private readonly logger = new Logger(ChatroomDeletionService.name);

  constructor(
    private readonly database: Database,
    @Inject(REDIS) private readonly redis: RedisClient,
    private readonly stopper: ReplyEndNotifier,
  ) {}

  /**
   * Removes messages of rooms that are to go, some at a time, until the rest can go in one statement.
   * @throws AppError `service.unavailable`; what was removed by then stays removed
   */
  async deleteInBatches(userId: string, roomId: string | null = null): Promise<void> {
    for (;;) {
      const [row] = await this.database.query<{ gone: number }>(THIN_OUT, [userId, roomId]);
      if (!row?.gone) return;
    }
  }

  /**
   * Keeps the rooms as they are until the transaction ends; to be asked before the account is held.
   * @returns what `forget` has to know
   */
  async lock(sql: Sql, userId: string): Promise<PublishedReply[]> {
    await sql.query(HOLD, [userId]);
    return sql.query<PublishedReply>(FIND_PUBLISHED, [userId]);
  }

  /** Stops what runs and removes what was published and cached. Without Redis it goes within minutes by itself. */
  async purge(userId: string, replies: PublishedReply[]): Promise<void> {
    this.stopper.stop(replies.filter(({ unfinished }) => unfinished).map(({ id }) => id));
    try {
      await Promise.all(replies.map(({ id }) => this.redis.del(replyStreamKey(id))));
      await this.forgetCaches(userId);
    } catch (error) {
      this.logger.warn(
        `what Redis holds of a deleted account expires by itself: ${(error as Error).message}`,
      );
    }
  }

  /** Lists of rooms and kept replies name their person between colons. A walk over all keys: rare, and off the hot path. */
  private async forgetCaches(userId: string): Promise<void> {
    const nodes = this.redis instanceof Cluster ? this.redis.nodes('master') : [this.redis];
    for (const node of nodes) {
      let cursor = '0';
      do {
        const [next, keys] = await node.scan(cursor, 'MATCH', `*:${userId}:*`, 'COUNT', 1_000);
        for (const key of keys) await this.redis.del(key);
        cursor = next;
      } while (cursor !== '0');
    }
  }
}
