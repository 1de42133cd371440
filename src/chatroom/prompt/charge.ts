import { AppError } from '../../common/errors/app-error.js';
import { quotaExceeded } from '../../quota/quota.http.js';
import type { JsonMessageRow } from '../message/message.sql.js';
import type { ChargedRow } from './prompt.sql.js';

/** Seconds after which a client whose queue is full may try again: about one reply's time. */
const QUEUE_FULL_RETRY = 5;

/**
 * The charge and the queued reply of a statement that made both or neither.
 * @param limit units a day; null: unlimited
 * @throws AppError `chatroom.not_found`, `queue.full`, `quota.exceeded`
 */
export function requireCharged(
  row: ChargedRow | undefined,
  limit: number | null,
): { used: number; reply: JsonMessageRow } {
  if (!row?.found) throw new AppError('chatroom.not_found');
  if (!row.allowed) throw new AppError('queue.full', { retryAfter: QUEUE_FULL_RETRY });
  if (!row.reply || row.used === null) throw quotaExceeded(limit);
  return { used: row.used, reply: row.reply };
}
