import type { Statement } from '../../infra/prisma/database.js';
import { MESSAGE_COLUMNS, type MessageRow } from '../message.dto.js';

/** What PostgreSQL says of replies that somebody listens to. Content is moved only for those that ended: others have none. */
export const FEED_ROWS: Statement = {
  name: 'feed_rows',
  text: `
    SELECT claim, attempts + lost_claims + 1 AS attempt, ${MESSAGE_COLUMNS}
    FROM message WHERE id = ANY($1::uuid[]) AND role = 'model'`,
};

export type FeedRow = MessageRow & { claim: number; attempt: number };
