import { Logger } from '@nestjs/common';
import type { Database, Statement } from './database.js';
import { isDatabaseUnavailable } from './errors.js';

/** Rows that one statement removes at most, so that none lasts. */
const BATCH = 1_000;

/** Which rows of a table are no longer kept. */
export interface RetentionRule {
  table: string;
  /** SQL; a row for which it is false when its turn comes stays. */
  condition: string;
}

/** The statement that deletes one batch of a rule's rows. */
export function deleteExpired({ table, condition }: RetentionRule): Statement<{ deleted: number }, []> {
  const batch = `SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${BATCH}`;
  return {
    name: `retention_${table}`,
    text: `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(${batch})) AND ${condition} RETURNING 1 AS deleted`,
  };
}

/** Deletes rows that are no longer kept, in batches. */
export class Retention {
  readonly name = 'retention';
  /** Milliseconds. */
  readonly interval = 600_000;
  private readonly logger = new Logger('Retention');

  constructor(
    private readonly database: Database,
    private readonly rules: readonly RetentionRule[],
  ) {}

  /**
   * Applies every rule once. One that fails keeps no other from its turn.
   * @throws AppError `service.unavailable` while PostgreSQL cannot be reached
   */
  async run(): Promise<void> {
    for (const rule of this.rules) await this.apply(rule);
  }

  private async apply(rule: RetentionRule): Promise<void> {
    const statement = deleteExpired(rule);
    try {
      let deleted: number;
      do {
        deleted = (await this.database.query(statement, [])).length;
        this.logger.debug({ table: rule.table, deleted }, 'expired rows were deleted');
      } while (deleted === BATCH);
    } catch (error) {
      // An outage is logged once, not for each rule.
      if (isDatabaseUnavailable(error)) throw error;
      this.logger.warn({ table: rule.table, err: error }, 'expired rows stay until the next round');
    }
  }
}
