import { Database, type Statement } from '../../infra/postgres/database.js';
import { fromJsonRow, type JsonRow } from './accept.sql.js';
import {
  MESSAGE_COLUMNS,
  type MessageDto,
  type MessagePath,
  type MessageRow,
  toMessage,
} from '../message/message.dto.js';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import { failpoint } from '../../common/failpoint.js';
import { type QuotaUsage, toUsage } from '../../quota/quota.service.js';
import { PlanService } from '../../plan/plan.service.js';
import { quotaExceeded } from '../../quota/quota.http.js';
import { RoomBell } from '../reply-queue.js';

/**
 * Charges a unit of today and empties the reply for a new run, or does neither. The claim grows, so that whatever
 * earlier runs published is void. The room is held too, as by whoever deletes it.
 * $1 reply, $2 room, $3 user, $4 limit (null: none), $5 request id.
 */
export const RETRY: Statement = {
  name: 'reply_retry',
  text: `
    WITH target AS (
      SELECT m.id, m.status FROM message m JOIN chatroom c ON c.id = m.chatroom_id
      WHERE m.id = $1 AND m.chatroom_id = $2 AND c.user_id = $3 AND m.role = 'model' FOR NO KEY UPDATE OF c, m
    ), unit AS (
      INSERT INTO quota_usage AS q (user_id, day, used)
      SELECT $3, (now() AT TIME ZONE 'UTC')::date, 1 FROM target
      WHERE status IN ('failed', 'cancelled', 'incomplete') AND ($4::int IS NULL OR $4::int > 0)
      ON CONFLICT (user_id, day) DO UPDATE SET used = q.used + 1 WHERE $4::int IS NULL OR q.used < $4::int
      RETURNING day, used
    ), again AS (
      UPDATE message m
      SET status = 'queued', claim = m.claim + 1, content = NULL, error_code = NULL, error_message = NULL, finish_reason = NULL,
          model = NULL, prompt_tokens = NULL, output_tokens = NULL, thought_tokens = NULL, cached_tokens = NULL,
          total_tokens = NULL, cached = false, context_trimmed = false, completed_at = NULL, lease_until = NULL,
          available_at = now(), ring_at = now() + interval '1 second', attempts = 0, lost_claims = 0,
          quota_day = unit.day, request_id = $5
      FROM unit WHERE m.id = $1
      RETURNING m.*
    )
    SELECT EXISTS (SELECT 1 FROM chatroom WHERE id = $2 AND user_id = $3) AS found,
           (SELECT status FROM target) AS "was", (SELECT used FROM unit) AS used,
           (SELECT to_jsonb(shown) FROM (SELECT ${MESSAGE_COLUMNS} FROM again) shown) AS reply`,
};

export interface RetryRow {
  /** The room is there. */
  found: boolean;
  was: MessageRow['status'] | null;
  used: number | null;
  reply: JsonRow | null;
}

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
