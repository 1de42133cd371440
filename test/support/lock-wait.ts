import type pg from 'pg';
import { eventually } from './eventually.js';

/** Until a statement of this database, one that contains `part`, waits for a lock that another transaction holds. */
export async function somebodyWaits(db: pg.Pool, part = ''): Promise<void> {
  const waiting = `
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND strpos(query, $1) > 0`;
  await eventually(`${part} waits for a lock`, async () => (await db.query(waiting, [part])).rows.length > 0);
}
