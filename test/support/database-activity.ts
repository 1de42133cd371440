import type pg from 'pg';
import type { Answer } from './client.js';
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

/** Whether a statement of this database, one that contains `part`, waits for a lock. */
async function waits(db: pg.Pool, part: string): Promise<boolean> {
  const waiting = `
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND strpos(query, $1) > 0`;
  return (await db.query(waiting, [part])).rows.length > 0;
}

/** Until a statement of this database, one that contains `part`, waits for a lock that another transaction holds. */
export async function somebodyWaits(db: pg.Pool, part = ''): Promise<void> {
  await eventually(`${part} waits for a lock`, () => waits(db, part));
}

/**
 * Sends a request that has to wait for a lock which the test holds, and returns once a statement that contains `part` waits.
 * The product lets a statement wait for 1.5 s. A machine that stalls for that long sees the 503 and not the wait: the
 * request is then sent again, twice at most.
 * @returns the response to come, within an object so that nothing awaits it
 */
export async function askUntilItWaits(
  db: pg.Pool,
  ask: () => Promise<Answer>,
  part = '',
): Promise<{ answer: Promise<Answer> }> {
  let early: Answer | undefined;
  for (let asked = 0; asked < 3; asked += 1) {
    early = undefined;
    const answer = ask().then((received) => (early = received));
    await eventually(`${part} waits for a lock`, async () => early !== undefined || (await waits(db, part)));
    if (!early) return { answer };
    if ((early as Answer).status !== 503) break;
  }
  throw new Error(`answered without waiting: ${early?.status} ${early?.text}`);
}
