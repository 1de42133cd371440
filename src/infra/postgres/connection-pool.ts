import { Logger } from '@nestjs/common';
import pg from 'pg';
import { AppError } from '../../common/errors/app-error.js';
import { OutageLog, reasonOf } from '../../common/outage-log.js';
import { POSTGRES } from '../../config/timing.js';
import { connectionConfig, type ConnectionSettings, isPooled } from './connection-config.js';
import { isConnectionLost, isDatabaseUnavailable } from './errors.js';

/** bigint would be returned as text; counts here fit a number. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
/** A `date` stays the text it is: a day has no time zone. */
pg.types.setTypeParser(pg.types.builtins.DATE, (day) => day);

/**
 * The connections of a process. A statement that the server refuses or ends costs no connection: pg.Pool would close it
 * after any error. The outage of PostgreSQL is logged here, once for all that use the pool.
 */
export class ConnectionPool extends pg.Pool {
  /** What begins a transaction: through a PgBouncer its limits are set in the same message, for this transaction alone. */
  readonly begin: string;
  private readonly outage: OutageLog;
  private readonly endedStatements: OutageLog;

  constructor(settings: ConnectionSettings) {
    super(connectionConfig(settings));
    const { statement, idleInTransaction } = POSTGRES;
    this.begin = isPooled(settings)
      ? `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = ${statement};
         SET LOCAL idle_in_transaction_session_timeout = ${idleInTransaction}`
      : 'BEGIN';
    const logger = new Logger('Database');
    this.outage = new OutageLog(logger, 'PostgreSQL is unavailable');
    this.endedStatements = new OutageLog(logger, 'PostgreSQL ended a statement');
    this.on('error', (error) => this.outage.failed(error));
    // An error event without a listener would end the process, and one may come in the message that opens a connection,
    // before `connect` returns. The statement that is run or comes next fails, and the pool drops the connection.
    this.on('connect', (client) => client.on('error', () => undefined));
  }

  /**
   * Runs one statement on a free connection, as `pg.Pool` does. Promises only: there is no form with a callback.
   * @param statement SQL, or a statement of node-postgres
   * @throws Error of node-postgres, from the connection or from the server
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- one implementation cannot repeat the overloads of pg.Pool
  override query(statement: any, values?: any): any {
    return this.run(statement as pg.QueryConfig | string, values as unknown[] | undefined);
  }

  /**
   * A free connection, or a new one, and the milliseconds that its first statement may take. Its outage is logged.
   * @throws Error of node-postgres or its pool within `postgres.connect` milliseconds
   */
  async acquire(): Promise<{ client: pg.PoolClient; query_timeout: number }> {
    const begun = performance.now();
    try {
      const client = await this.connect();
      const left = POSTGRES.total - (performance.now() - begun);
      return { client, query_timeout: Math.min(POSTGRES.query, left) };
    } catch (error) {
      this.failed(error);
      throw error;
    }
  }

  /** Logs an error that a connection met, if it is about PostgreSQL and not about the statement. @param statement its name */
  failed(error: unknown, statement = 'SQL'): void {
    const reason = error instanceof AppError ? error.cause : error;
    if (isConnectionLost(reason)) this.outage.failed(reason);
    else if (isDatabaseUnavailable(reason)) this.endedStatements.failed(`${statement}: ${reasonOf(reason)}`);
  }

  /** A statement was served: an outage is over. */
  succeeded(): void {
    this.outage.recovered();
  }

  private async run(statement: pg.QueryConfig | string, values?: unknown[]): Promise<pg.QueryResult> {
    const { client, query_timeout } = await this.acquire();
    const query = { ...(typeof statement === 'string' ? { text: statement } : statement), query_timeout };
    let lost: Error | undefined;
    try {
      const result = await client.query(query, values);
      this.succeeded();
      return result;
    } catch (error) {
      this.failed(error, query.name);
      if (isConnectionLost(error)) lost = error as Error;
      throw error;
    } finally {
      client.release(lost);
    }
  }
}
