import type pg from 'pg';
import { eventually } from './eventually.js';

/**
 * Looks on for so many milliseconds.
 * @returns how many statements of others this database was seen to be asked; it may have been more, from many at once
 */
export async function statementsSeen(db: pg.Pool, milliseconds: number): Promise<number> {
  const latest = `
    SELECT pid || ' ' || query_start AS statement, query_start >= $1 AS new
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;
  const { rows: clock } = await db.query('SELECT clock_timestamp()::text AS now');
  const seen = new Set<string>();
  const end = performance.now() + milliseconds;
  do {
    const { rows } = await db.query(latest, [clock[0].now]);
    for (const row of rows) if (row.new) seen.add(row.statement);
    await new Promise((resolve) => setTimeout(resolve, 25));
  } while (performance.now() < end);
  return seen.size;
}

/** Until a statement of this database, one that contains `part`, waits for a lock that another transaction holds. */
export async function somebodyWaits(db: pg.Pool, part = ''): Promise<void> {
  const waiting = `
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND strpos(query, $1) > 0`;
  await eventually(`${part} waits for a lock`, async () => (await db.query(waiting, [part])).rows.length > 0);
}
