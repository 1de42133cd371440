import { Injectable } from '@nestjs/common';
import type { Principal } from '../../common/auth-context.js';
import { PURGE_DELAY } from '../../config/timing.js';
import { AppError } from '../../common/errors/app-error.js';
import { Database, type Sql, type ValuesOf } from '../../infra/postgres/database.js';
import { WorkQueue } from '../../infra/work/work-queue.js';
import { PlanService } from '../../plan/plan.service.js';
import { ReplyChannel } from '../reply-channel.js';
import { DELETE_CHATROOM, END_ACCOUNT_REPLIES } from './chatroom.sql.js';

/**
 * Deletes rooms. A deleted room is out of sight in one statement, whatever its size; a worker purges its rows afterwards, in
 * portions.
 */
@Injectable()
export class ChatroomDeletionService {
  constructor(
    private readonly database: Database,
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
    void this.queue.add('chatroom-purge', [{ subjectId: id, claim: 0, priority: 1 }], PURGE_DELAY);
  }

  /**
   * Ends the unfinished replies of an account, within the transaction that deletes the account, after the account was locked.
   * @returns the replies, for `publishEnd`
   */
  async endReplies(sql: Sql, userId: string): Promise<string[]> {
    const replies = await sql.query(END_ACCOUNT_REPLIES, [userId]);
    return replies.map(({ id }) => id);
  }

  /** Informs the workers and the listeners of replies that have ended, after the commit. */
  publishEnd(replyIds: string[]): void {
    this.channel.publishEnd(replyIds);
  }
}
