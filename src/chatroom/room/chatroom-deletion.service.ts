import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import { Database, type Sql, type ValuesOf } from '../../infra/postgres/database.js';
import type { RedisClient } from '../../infra/redis/connect.js';
import { REDIS } from '../../infra/redis/redis.module.js';
import { WorkQueue } from '../../infra/work/work-queue.js';
import { PlanService } from '../../plan/plan.service.js';
import { deleteCachedKeys } from '../cached-keys.js';
import { ReplyChannel, replyStreamKey } from '../reply-channel.js';
import { DELETE_CHATROOM, DELETE_CHATROOMS, type PublishedReply } from './chatroom.sql.js';

/**
 * Deletes rooms. A deleted room is out of sight in one statement, whatever its size; a worker purges its rows afterwards, in
 * portions.
 */
@Injectable()
export class ChatroomDeletionService {
  private readonly logger = new Logger(ChatroomDeletionService.name);

  constructor(
    private readonly database: Database,
    @Inject(REDIS) private readonly redis: RedisClient,
    private readonly channel: ReplyChannel,
    private readonly queue: WorkQueue,
    private readonly plans: PlanService,
  ) {}

  /**
   * Deletes a room; its running reply, that reply's worker and its listeners are told at once.
   * @throws AppError `chatroom.not_found`
   */
  async delete(user: Principal, id: string, requestId: string): Promise<void> {
    const values: ValuesOf<typeof DELETE_CHATROOM> = [id, user.userId, this.plans.replyCaps()[0], requestId];
    const [row] = await this.database.query(DELETE_CHATROOM, values);
    if (!row) throw new AppError('chatroom.not_found');
    this.channel.publishEnd(row.ended);
    void this.queue.add('reply', row.promoted);
    void this.queue.add('chatroom-purge', [{ subjectId: id, claim: 0, priority: 1 }]);
  }

  /**
   * Deletes every room of an account, within the transaction that deletes the account, after the account was locked.
   * @returns what `purge` needs to know
   */
  deleteAll(sql: Sql, userId: string, requestId: string): Promise<PublishedReply[]> {
    return sql.query(DELETE_CHATROOMS, [userId, requestId]);
  }

  /** Stops what runs and removes what Redis holds of a deleted account. Without Redis that expires within minutes. */
  async purge(userId: string, replies: PublishedReply[]): Promise<void> {
    this.channel.publishEnd(replies.filter(({ unfinished }) => unfinished).map(({ id }) => id));
    try {
      await Promise.all(replies.map(({ id }) => this.redis.del(replyStreamKey(id))));
      await deleteCachedKeys(this.redis, userId);
    } catch (error) {
      this.logger.warn(
        `what Redis holds of a deleted account expires by itself: ${(error as Error).message}`,
      );
    }
  }
}
