import { Injectable } from '@nestjs/common';
import type { Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import { failpoint } from '../../common/failpoint.js';
import { Metrics } from '../../infra/metrics/metrics.js';
import { Database } from '../../infra/postgres/database.js';
import { WorkQueue } from '../../infra/work/work-queue.js';
import { PlanService } from '../../plan/plan.service.js';
import { toMessage, type MessageDto, type MessagePath } from '../message/message.dto.js';
import { fromJsonRow } from '../message/message.sql.js';
import { ReplyChannel } from '../reply-channel.js';
import { CANCEL_REPLY, FIND_REPLY_STATE } from './prompt.sql.js';

/** Cancels queued and running replies. */
@Injectable()
export class CancelService {
  constructor(
    private readonly database: Database,
    private readonly channel: ReplyChannel,
    private readonly queue: WorkQueue,
    private readonly metrics: Metrics,
    private readonly plans: PlanService,
  ) {}

  /**
   * Ends a queued or running reply; the text published by then stays.
   * @throws AppError `chatroom.not_found`, `message.not_found`, `message.not_running`
   */
  async cancel(user: Principal, { chatroomId, id }: MessagePath): Promise<MessageDto> {
    const [state] = await this.database.query(FIND_REPLY_STATE, [id, chatroomId, user.userId]);
    if (!state) throw new AppError('chatroom.not_found');
    if (!state.exists) throw new AppError('message.not_found');
    if (!state.unfinished) throw new AppError('message.not_running');
    const text = await this.channel.textOf(id, state.claim);
    const [maxRunning] = this.plans.replyCaps();
    const [row] = await this.database.query(CANCEL_REPLY, [id, user.userId, state.claim, text, maxRunning]);
    void this.queue.add('reply', row?.promoted ?? []);
    if (!row?.reply) throw new AppError('message.not_running');
    failpoint('cancel.committed');
    this.metrics.replyEnded('cancelled');
    this.channel.publishEnd([id]);
    return toMessage(fromJsonRow(row.reply));
  }
}
