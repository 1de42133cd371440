import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Principal } from '../../common/auth-context.js';
import { failpoint } from '../../common/failpoint.js';
import { IdempotencyService } from '../../infra/idempotency/idempotency.service.js';
import { Database, type Sql } from '../../infra/postgres/database.js';
import { WorkQueue } from '../../infra/work/work-queue.js';
import { PlanService } from '../../plan/plan.service.js';
import { QuotaService, toUsage, type QuotaUsage } from '../../quota/quota.service.js';
import { toMessage, type AcceptedDto } from '../message/message.dto.js';
import { fromJsonRow } from '../message/message.sql.js';
import { titleOf } from '../default-title.js';
import { requireCharged } from './charge.js';
import { ACCEPT_PROMPT } from './prompt.sql.js';

/** A prompt as the client sent it. */
export interface Prompt {
  chatroomId: string;
  content: string;
  idempotencyKey: string | undefined;
  requestId: string;
}

export interface Accepted {
  response: AcceptedDto;
  /** The response as it is stored under the request's key, byte for byte. */
  json: string;
  replayed: boolean;
  quota: QuotaUsage;
}

interface Written {
  accepted: Accepted;
  /** Of the job to be added; null: the reply waits behind another. */
  priority: number | null;
}

/** Accepts prompts: what a response names is committed. */
@Injectable()
export class AcceptService {
  constructor(
    private readonly database: Database,
    private readonly idempotency: IdempotencyService,
    private readonly plans: PlanService,
    private readonly quotas: QuotaService,
    private readonly queue: WorkQueue,
  ) {}

  /**
   * Stores the prompt, its queued reply, the reply's work item and the charge in one transaction, then adds the job.
   * @throws AppError `chatroom.not_found`, `quota.exceeded`, `queue.full`, `idempotency.*`, `service.unavailable`
   */
  async accept(user: Principal, prompt: Prompt): Promise<Accepted> {
    if (prompt.idempotencyKey === undefined)
      return this.enqueue(await this.write(this.database, user, prompt));
    let written: Written | undefined;
    const request = {
      userId: user.userId,
      key: prompt.idempotencyKey,
      route: `POST /chatroom/${prompt.chatroomId}/message`,
      body: { content: prompt.content },
      subject: { id: prompt.chatroomId, gone: 'chatroom.not_found' } as const,
    };
    const { body, replayed } = await this.idempotency.once(request, 202, async (sql) => {
      written = await this.write(sql, user, prompt);
      return written.accepted.response;
    });
    if (written) return this.enqueue(written);
    const quota = await this.quotas.usage(user.userId, this.plans.limitOf(user.subscription));
    return { response: JSON.parse(body) as AcceptedDto, json: body, replayed, quota };
  }

  private enqueue({ accepted, priority }: Written): Accepted {
    failpoint('accept.committed');
    const subjectId = accepted.response.reply.id;
    if (priority !== null) void this.queue.add('reply', [{ subjectId, claim: 0, priority }]);
    return accepted;
  }

  private async write(sql: Sql, user: Principal, prompt: Prompt): Promise<Written> {
    const limit = this.plans.limitOf(user.subscription);
    const { chatroomId, content, requestId } = prompt;
    const [row] = await sql.query(ACCEPT_PROMPT, [
      chatroomId,
      user.userId,
      limit,
      uuidv7(),
      content,
      uuidv7(),
      titleOf(content),
      requestId,
      ...this.plans.replyCaps(),
    ]);
    const { used, reply } = requireCharged(row, limit);
    const message = toMessage(fromJsonRow(row?.prompt ?? reply));
    const response = { message, reply: toMessage(fromJsonRow(reply)) };
    const quota = toUsage(used, limit, new Date());
    const accepted = { response, json: JSON.stringify(response), replayed: false, quota };
    return { accepted, priority: row?.priority ?? null };
  }
}
