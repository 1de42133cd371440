import type { Notice } from '../../generated/prisma/client.js';
import type { Statement } from '../../infra/postgres/database.js';
import { enqueueItem } from '../../infra/work/work.sql.js';

/**
 * Stores a notice with the work item that delivers it. The recovery adds the job, within a second: the caller's transaction
 * commits later.
 * Locks: work item.
 * $1 id, $2 type, $3 kind of the identity, $4 address, $5 request id or null.
 */
export const INSERT_NOTICE: Statement<
  never,
  [id: string, type: string, kind: 'mobile' | 'email', address: string, requestId: string | null]
> = {
  name: 'notice_insert',
  text: `
    WITH notice AS (
      INSERT INTO notice (id, type, kind, address) VALUES ($1::uuid, $2, $3, $4) RETURNING id
    ), item AS (${enqueueItem(
      { kind: `'notice'`, subject: 'notice.id::text', requestId: '$5::text', firstPoll: '0' },
      'notice',
    )}
    )
    SELECT FROM item WHERE false`,
};

/** Reads a notice that waits for its delivery. $1 id. */
export const FIND_NOTICE: Statement<NoticeRow, [id: string]> = {
  name: 'notice_find',
  text: 'SELECT type, kind, address FROM notice WHERE id = $1::uuid',
};

export type NoticeRow = Pick<Notice, 'type' | 'kind' | 'address'>;

/** Deletes a notice that was delivered or given up. Locks: notice. $1 id. */
export const DELETE_NOTICE: Statement<never, [id: string]> = {
  name: 'notice_delete',
  text: 'DELETE FROM notice WHERE id = $1::uuid',
};
