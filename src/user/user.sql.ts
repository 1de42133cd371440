import { PURGE_DELAY } from '../config/timing.js';
import type { Statement } from '../infra/postgres/database.js';
import type { ReadyItem } from '../infra/work/define-work.js';
import { enqueueItem } from '../infra/work/work.sql.js';

/**
 * Orders the purge of what belongs to an account, in the transaction that deletes the account. Locks: work item.
 * $1 account, $2 request id.
 */
export const ORDER_ACCOUNT_PURGE: Statement<
  ReadyItem & { state: string },
  [userId: string, requestId: string]
> = {
  name: 'user_order_purge',
  text: enqueueItem(
    {
      kind: `'account-purge'`,
      subject: 'one.id',
      requestId: '$2::text',
      firstPoll: String(PURGE_DELAY + 1_000),
    },
    '(SELECT $1::text AS id) one',
  ),
};
