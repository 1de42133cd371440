import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import { failpoint } from '../../common/failpoint.js';
import { IdempotencyService } from '../../infra/idempotency/idempotency.service.js';
import { Database, type Sql } from '../../infra/postgres/database.js';
import { QuotaService, type QuotaUsage, toUsage } from '../../quota/quota.service.js';
import { PlanService } from '../../plan/plan.service.js';
import { ACCEPT, type AcceptRow, fromJsonRow } from './accept.sql.js';
import { type AcceptedDto, toMessage } from '../message/message.dto.js';
import { quotaExceeded } from '../../quota/quota.http.js';
import { RoomBell } from '../reply-queue.js';

export interface Prompt {
  chatroomId: string;
  content: string;
  idempotencyKey: string | undefined;
  requestId: string;
}

export interface Accepted {
  answer: AcceptedDto;
  /** The answer as it is remembered under the request's key, byte for byte. */
  json: string;
  replayed: boolean;
  quota: QuotaUsage;
}

interface Written {
  accepted: Accepted;
  /** Nothing waited or ran in the room before it, as far as the statement saw. */
  isHead: boolean;
}

/** Takes a prompt: what it answers is committed. */
@Injectable()
export class AcceptService {
  constructor(
    private readonly database: Database,
    private readonly idempotency: IdempotencyService,
    private readonly plans: PlanService,
    private readonly quotas: QuotaService,
    private readonly bell: RoomBell,
  ) {}

  /**
   * Stores the prompt, its queued reply and its quota unit in one transaction, then rings for a worker.
   * @throws AppError `chatroom.not_found`, `quota.exceeded`, `idempotency.*`, `service.unavailable`
   */
  async accept(user: Principal, prompt: Prompt): Promise<Accepted> {
    if (prompt.idempotencyKey === undefined) return this.ring(await this.write(this.database, user, prompt));
    let written: Written | undefined;
    const request = {
      userId: user.userId,
      key: prompt.idempotencyKey,
      route: `POST /chatroom/${prompt.chatroomId}/message`,
      body: { content: prompt.content },
    };
    const { body, replayed } = await this.idempotency.once(request, 202, async (sql) => {
      written = await this.write(sql, user, prompt);
      return written.accepted.answer;
    });
    if (written) return this.ring(written);
    const quota = await this.quotas.usage(user.userId, this.limitOf(user));
    return { answer: JSON.parse(body) as AcceptedDto, json: body, replayed, quota };
  }

  private limitOf(user: Principal): number | null {
    return this.plans.dailyLimit(this.plans.tier(user.subscription));
  }

  private ring({ accepted, isHead }: Written): Accepted {
    failpoint('accept.committed');
    const { id, chatroomId } = accepted.answer.reply;
    void this.bell.ring(chatroomId, isHead ? { id, claim: 0 } : undefined);
    return accepted;
  }

  private async write(sql: Sql, user: Principal, prompt: Prompt): Promise<Written> {
    const limit = this.limitOf(user);
    const { chatroomId, content, requestId } = prompt;
    const values = [chatroomId, user.userId, limit, uuidv7(), content, uuidv7(), titleOf(content), requestId];
    const [row] = await sql.query<AcceptRow>(ACCEPT, values);
    if (!row?.found) throw new AppError('chatroom.not_found');
    if (!row.prompt || !row.reply || row.used === null) throw quotaExceeded(limit);
    const answer = { message: toMessage(fromJsonRow(row.prompt)), reply: toMessage(fromJsonRow(row.reply)) };
    const quota = toUsage(row.used, limit, new Date());
    const accepted = { answer, json: JSON.stringify(answer), replayed: false, quota };
    return { accepted, isHead: row.isHead };
  }
}

const TITLE_WORDS = 8;
const TITLE_MAX = 60;

/** The opening words of a first prompt, as a room's title. */
export function titleOf(content: string): string {
  const words = content.trim().split(/\s+/u);
  const opening = [...words.slice(0, TITLE_WORDS).join(' ')];
  const cut = opening.length > TITLE_MAX || words.length > TITLE_WORDS;
  return cut ? `${opening.slice(0, TITLE_MAX).join('').trimEnd()}…` : opening.join('');
}
