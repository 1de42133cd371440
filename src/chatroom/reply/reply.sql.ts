import type { Message } from '../../generated/prisma/client.js';
import type { Statement } from '../../infra/postgres/database.js';
import type { ReadyItem, WorkItem } from '../../infra/work/define-work.js';
import { claimItem, heldBy, ITEM_COLUMNS, promotedJson } from '../../infra/work/work.sql.js';
import { refundUnit } from '../../quota/quota.sql.js';
import type { Turn } from './history-window.js';

/**
 * Claims a reply and reads all that an attempt needs. Its room's earlier replies are final by then, so the history is whole.
 * $1 reply, $2 worker process, $3 turns of history, newest first.
 */
export const CLAIM_REPLY: Statement<ReplyItem, [replyId: string, workerId: string, turns: number]> = {
  name: 'reply_claim',
  text: `
    WITH w AS (${claimItem(`'reply'`)} RETURNING w.*)
    SELECT ${ITEM_COLUMNS}, w.owner_id AS "userId", m.chatroom_id AS "chatroomId", c.model AS "roomModel",
           c.system_instruction AS "systemInstruction", p.content AS prompt,
           (SELECT coalesce(json_agg(turn), '[]') FROM (
              SELECT hp.content AS prompt, hr.content AS reply
              FROM message hr JOIN message hp ON hp.id = hr.reply_to
              WHERE hr.chatroom_id = m.chatroom_id AND hr.number < m.number AND hr.status IN ('completed', 'incomplete')
              ORDER BY hr.number DESC LIMIT $3
            ) turn) AS turns
    FROM w
    LEFT JOIN message m ON m.id = w.subject_id::uuid
    LEFT JOIN chatroom c ON c.id = m.chatroom_id
    LEFT JOIN message p ON p.id = m.reply_to`,
};

/** A reply that this process holds. */
export interface ReplyItem extends WorkItem {
  userId: string;
  chatroomId: string;
  roomModel: string | null;
  systemInstruction: string | null;
  /** Null: the message is gone. */
  prompt: string | null;
  turns: Turn[];
}

/** The result of a reply as FINISH_REPLY takes it. */
export type ResultValues = [
  status: Message['status'],
  content: Message['content'],
  errorCode: Message['errorCode'],
  errorMessage: Message['errorMessage'],
  finishReason: Message['finishReason'],
  model: Message['model'],
  promptTokens: Message['promptTokens'],
  outputTokens: Message['outputTokens'],
  thoughtTokens: Message['thoughtTokens'],
  cachedTokens: Message['cachedTokens'],
  totalTokens: Message['totalTokens'],
  cached: Message['cached'],
  refund: boolean,
  contextTrimmed: Message['contextTrimmed'],
];

/**
 * Ends a reply: stores the result, deletes the item, gives the unit back when `$15` and no earlier attempt produced anything,
 * and makes the next items of its owner ready: all or nothing, once, and only for the claim that holds the item. Locks: account, work item, message, day.
 * $1 reply, $2 claim, $3 status, $4 content, $5 error code, $6 error message, $7 finish reason, $8 model,
 * $9-$13 tokens (prompt, output, thought, cached, total), $14 cached, $15 refund, $16 context trimmed, $17 owner,
 * $18 replies that the owner may run at once.
 */
export const FINISH_REPLY: Statement<
  FinishRow,
  [replyId: string, claim: number, ...result: ResultValues, userId: string, maxRunning: number]
> = {
  name: 'reply_finish',
  text: `
    WITH account AS (
      SELECT id FROM app_user WHERE id = $17 FOR NO KEY UPDATE
    ), item AS (
      DELETE FROM work_item w USING account WHERE w.kind = 'reply' AND ${heldBy('$1::text', '$2')}
      RETURNING w.owner_id, w.claim, w.attempts + w.lost_claims AS attempts, w.produced
    ), ended AS (
      UPDATE message m SET status = $3::message_status, content = $4, error_code = $5, error_message = $6, finish_reason = $7,
          model = $8, prompt_tokens = $9, output_tokens = $10, thought_tokens = $11, cached_tokens = $12, total_tokens = $13,
          cached = $14, context_trimmed = $16, claim = item.claim, attempts = item.attempts, completed_at = now()
      FROM item WHERE m.id = $1::uuid AND m.completed_at IS NULL
      RETURNING item.owner_id, m.quota_day, item.produced
    ), refund AS (${refundUnit({
      user: 'ended.owner_id',
      day: 'ended.quota_day',
      from: 'ended',
      when: '$15 AND NOT ended.produced',
    })}
    ), promoted AS (
      SELECT n.* FROM item, work_promote('reply', item.owner_id, $18::int) n
    )
    SELECT EXISTS (SELECT FROM ended) AS ended, ${promotedJson()} AS promoted`,
};

export interface FinishRow {
  /** Whether the reply was still this claim's. */
  ended: boolean;
  promoted: ReadyItem[];
}
