import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { AppError } from '../common/errors/app-error.js';
import { failpoint } from '../common/failpoint.js';
import { Database } from '../infra/prisma/database.js';
import { toUsage, type QuotaUsage } from '../quota/quota.service.js';
import { PlanService } from '../subscription/plan.service.js';
import { fromJsonRow } from './accept.statement.js';
import { toMessage, type MessageDto } from './message.dto.js';
import type { MessagePath } from './message-path.js';
import { quotaExceeded } from './quota-exceeded.js';
import { RETRY, type RetryRow } from './retry.statement.js';
import { RoomBell } from './room-bell.js';

/** A person wants a reply again. */
@Injectable()
export class RetryService {
  constructor(
    private readonly database: Database,
    private readonly bell: RoomBell,
    private readonly plans: PlanService,
  ) {}

  /**
   * Charges a new unit and queues an ended reply again, at its place in the room.
   * @throws AppError `chatroom.not_found`, `message.not_found`, `message.not_retryable`, `quota.exceeded`
   */
  async retry(
    user: Principal,
    { chatroomId, id }: MessagePath,
    requestId: string,
  ): Promise<{ reply: MessageDto; quota: QuotaUsage }> {
    const limit = this.plans.dailyLimit(this.plans.tier(user.subscription));
    const values = [id, chatroomId, user.userId, limit, requestId];
    const [row] = await this.database.query<RetryRow>(RETRY, values);
    if (!row?.found) throw new AppError('chatroom.not_found');
    if (!row.was) throw new AppError('message.not_found');
    if (!['failed', 'cancelled', 'incomplete'].includes(row.was)) throw new AppError('message.not_retryable');
    if (!row.reply || row.used === null) throw quotaExceeded(limit);
    failpoint('retry.committed');
    void this.bell.ring(chatroomId);
    return { reply: toMessage(fromJsonRow(row.reply)), quota: toUsage(row.used, limit, new Date()) };
  }
}
