import { Injectable } from '@nestjs/common';
import type { Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import { failpoint } from '../../common/failpoint.js';
import { Database, type ValuesOf } from '../../infra/postgres/database.js';
import { WorkQueue } from '../../infra/work/work-queue.js';
import { PlanService } from '../../plan/plan.service.js';
import { toUsage, type QuotaUsage } from '../../quota/quota.service.js';
import { toMessage, type MessageDto, type MessagePath } from '../message/message.dto.js';
import { fromJsonRow } from '../message/message.sql.js';
import { requireCharged } from './charge.js';
import { RETRY_REPLY } from './prompt.sql.js';

const RETRYABLE = new Set(['failed', 'cancelled', 'incomplete']);

/** Queues ended replies again. */
@Injectable()
export class RetryService {
  constructor(
    private readonly database: Database,
    private readonly queue: WorkQueue,
    private readonly plans: PlanService,
  ) {}

  /**
   * Charges a new unit and queues an ended reply again, at its place in the room.
   * @throws AppError `chatroom.not_found`, `message.not_found`, `message.not_retryable`, `quota.exceeded`, `queue.full`
   */
  async retry(
    user: Principal,
    { chatroomId, id }: MessagePath,
    requestId: string,
  ): Promise<{ reply: MessageDto; quota: QuotaUsage }> {
    const limit = this.plans.limitOf(user.subscription);
    const values: ValuesOf<typeof RETRY_REPLY> = [
      id,
      chatroomId,
      user.userId,
      limit,
      requestId,
      ...this.plans.replyCaps(),
    ];
    const [row] = await this.database.query(RETRY_REPLY, values);
    if (row?.found && !row.was) throw new AppError('message.not_found');
    if (row?.was && !RETRYABLE.has(row.was)) throw new AppError('message.not_retryable');
    const { used, reply } = requireCharged(row, limit);
    failpoint('retry.committed');
    const priority = row?.priority ?? null;
    if (priority !== null)
      void this.queue.add('reply', [{ subjectId: id, claim: row?.claim ?? 0, priority }]);
    return { reply: toMessage(fromJsonRow(reply)), quota: toUsage(used, limit, new Date()) };
  }
}
