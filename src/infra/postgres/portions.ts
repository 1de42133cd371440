import type { Database, Statement } from './database.js';

/** Rows that one portion has at most, so that no statement lasts. */
const PORTION = 2_000;

/** Changes some rows of a subject, so that it does not find them again. $1 subject, $2 how many at most. */
export type PortionStatement = Statement<{ changed: number }, [subject: string, limit: number]>;

/**
 * Repeats a statement until it finds nothing more to change. Each portion is a transaction of its own: what an early end
 * leaves is done by the next call.
 * @param signal aborted when the caller has to stop
 * @throws the signal's reason; AppError `service.unavailable`
 */
export async function inPortions(
  database: Database,
  statement: PortionStatement,
  subject: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const [row] = await database.query(statement, [subject, PORTION]);
    if (!row || row.changed === 0) return;
    signal.throwIfAborted();
  }
}
