import { Logger } from '@nestjs/common';
import type { Rescue } from '../work/recovery.js';
import type { Database, Statement } from './database.js';

/** Rows that one sweep removes at most, so that none lasts. */
const SWEPT_AT_ONCE = 1_000;

/** Milliseconds from one round of sweeps to the next. */
const INTERVAL = 600_000;

/** Removes rows that are over. @param over the condition; one that is no longer over when its turn comes stays */
export function sweepOf(table: string, over: string): Statement {
  const some = `SELECT ctid FROM ${table} WHERE ${over} LIMIT ${SWEPT_AT_ONCE}`;
  return {
    name: `sweep_${table}`,
    text: `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(${some})) AND ${over} RETURNING 1 AS swept`,
  };
}

/** Now and then removes rows that are over. It rings for nobody. */
export abstract class Sweeper implements Rescue {
  abstract readonly name: string;
  protected abstract readonly sweeps: readonly Statement[];
  private readonly logger = new Logger('Sweeper');
  private next = 0;

  constructor(private readonly database: Database) {}

  /** One round, when it is time; where there is more than one sweep takes, the next follows at once. */
  async rescue(): Promise<number> {
    if (Date.now() < this.next) return 0;
    this.next = Date.now() + INTERVAL;
    for (const sweep of this.sweeps) await this.sweep(sweep);
    return 0;
  }

  /** One that fails keeps no other from its turn, and has its own in the next round. */
  private async sweep(sweep: Statement): Promise<void> {
    try {
      const swept = (await this.database.query(sweep, [])).length;
      if (swept === SWEPT_AT_ONCE) this.next = 0;
      this.logger.debug({ sweep: sweep.name, swept }, 'swept');
    } catch (error) {
      this.logger.warn({ sweep: sweep.name, err: error }, 'a sweep failed and waits for the next round');
    }
  }
}
