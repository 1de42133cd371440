import { Injectable } from '@nestjs/common';
import type { Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import { failpoint } from '../../common/failpoint.js';
import { IdempotencyService, type OnceResponse } from '../../infra/idempotency/idempotency.service.js';
import type { Sql, ValuesOf } from '../../infra/postgres/database.js';
import { WorkQueue } from '../../infra/work/work-queue.js';
import { PlanService } from '../../plan/plan.service.js';
import { QuotaService, toUsage, type QuotaUsage } from '../../quota/quota.service.js';
import { toMessage, type MessageDto, type MessagePath } from '../message/message.dto.js';
import { fromJsonRow } from '../message/message.sql.js';
import { requireCharged } from './charge.js';
import { RETRY_REPLY } from './prompt.sql.js';

const RETRYABLE = new Set(['failed', 'cancelled', 'incomplete']);

/** An ended reply that a client wants again. */
export interface Retry extends MessagePath {
  idempotencyKey: string | undefined;
  requestId: string;
}

interface Written {
  reply: MessageDto;
  quota: QuotaUsage;
  claim: number;
  /** Of the job to be added; null: the reply waits behind another. */
  priority: number | null;
}

/** Queues ended replies again. */
@Injectable()
export class RetryService {
  constructor(
    private readonly idempotency: IdempotencyService,
    private readonly queue: WorkQueue,
    private readonly plans: PlanService,
    private readonly quotas: QuotaService,
  ) {}

  /**
   * Charges a new unit and queues an ended reply again, at its place in the room.
   * @returns the reply as it is queued, or was under an earlier request with the same key
   * @throws AppError `chatroom.not_found`, `message.not_found`, `message.not_retryable`, `quota.exceeded`, `queue.full`,
   * `idempotency.*`, `service.unavailable`
   */
  async retry(user: Principal, retry: Retry): Promise<{ response: OnceResponse; quota: QuotaUsage }> {
    let written: Written | undefined;
    const { chatroomId, id } = retry;
    const request = {
      userId: user.userId,
      key: retry.idempotencyKey,
      route: `POST /chatroom/${chatroomId}/message/${id}/retry`,
      body: {},
      subject: { id: chatroomId, gone: 'chatroom.not_found' } as const,
    };
    const response = await this.idempotency.once(request, 202, async (sql) => {
      written = await this.write(sql, user, retry);
      return written.reply;
    });
    if (written) this.enqueue(id, written);
    const quota =
      written?.quota ?? (await this.quotas.usage(user.userId, this.plans.limitOf(user.subscription)));
    return { response, quota };
  }

  private enqueue(subjectId: string, { claim, priority }: Written): void {
    failpoint('retry.committed');
    if (priority !== null) void this.queue.add('reply', [{ subjectId, claim, priority }]);
  }

  private async write(sql: Sql, user: Principal, { chatroomId, id, requestId }: Retry): Promise<Written> {
    const limit = this.plans.limitOf(user.subscription);
    const values: ValuesOf<typeof RETRY_REPLY> = [
      id,
      chatroomId,
      user.userId,
      limit,
      requestId,
      ...this.plans.replyCaps(),
    ];
    const [row] = await sql.query(RETRY_REPLY, values);
    if (row?.found && !row.was) throw new AppError('message.not_found');
    if (row?.was && !RETRYABLE.has(row.was)) throw new AppError('message.not_retryable');
    const { used, reply } = requireCharged(row, limit);
    const quota = toUsage(used, limit, new Date());
    return {
      reply: toMessage(fromJsonRow(reply)),
      quota,
      claim: row?.claim ?? 0,
      priority: row?.priority ?? null,
    };
  }
}
