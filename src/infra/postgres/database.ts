import { Settings } from '../../config/settings.js';
import { Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { isDatabaseUnavailable, throwUnavailable } from './errors.js';

/** Whether a PgBouncer stands before PostgreSQL: what needs a session of one's own is not to be had then. */
export const isPooled = ({
  DATABASE_URL: url,
  DIRECT_DATABASE_URL: direct,
  DATABASE_PREPARED_STATEMENTS: prepare,
}: Pick<Settings, 'DATABASE_URL' | 'DIRECT_DATABASE_URL' | 'DATABASE_PREPARED_STATEMENTS'>): boolean =>
  !prepare || (direct !== undefined && serverOf(direct) !== serverOf(url));

function serverOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || 5432}`;
}

/** What one hand-written statement can be run on: the pool, or a transaction. */
export interface Sql {
  /**
   * Runs one statement and returns its rows.
   * @throws AppError `service.unavailable` when PostgreSQL cannot be asked within 3 s
   */
  query<Row extends object>(statement: Statement, values: unknown[]): Promise<Row[]>;
}

/** A hot statement. The name makes it a prepared one where the pool may prepare. */
export interface Statement {
  name: string;
  text: string;
}

/** bigint would come as text; counts here fit a number. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
/** A `date` stays the text it is: a day has no time zone. */
pg.types.setTypeParser(pg.types.builtins.DATE, (day) => day);

/**
 * What the server itself ends, in milliseconds: what nobody waits for any more is not to hold its locks. Behind a
 * PgBouncer, which refuses a client that sets them, its `connect_query` is to set these limits.
 */
const SESSION_TIMEOUTS = { statement_timeout: 2_000, idle_in_transaction_session_timeout: 5_000 };

/** The connections of the process, shared by Prisma and by the hot statements; readiness asks over one of its own. */
@Injectable()
export class Database implements Sql, OnApplicationShutdown {
  readonly pool: pg.Pool;
  private readonly logger = new Logger(Database.name);
  private readonly prepare: boolean;

  constructor(settings: Settings) {
    this.prepare = settings.DATABASE_PREPARED_STATEMENTS;
    this.pool = new pg.Pool({
      connectionString: settings.DATABASE_URL,
      max: settings.DATABASE_POOL_SIZE,
      // A server that is gone lets its callers wait for a connection or for an answer, hardly for one after the other.
      connectionTimeoutMillis: 2_000,
      query_timeout: 2_000,
      ...(isPooled(settings) ? {} : SESSION_TIMEOUTS),
      keepAlive: true,
      idleTimeoutMillis: 30_000,
    });
    this.pool.on('error', (error) =>
      this.logger.warn(`an idle database connection was lost: ${error.message}`),
    );
  }

  query<Row extends object>(statement: Statement, values: unknown[]): Promise<Row[]> {
    return this.run<Row>(this.pool, statement, values);
  }

  /**
   * Runs `work` in one transaction: committed when it returns, rolled back when it throws.
   * @throws AppError `service.unavailable` when PostgreSQL cannot be asked; then the outcome of the commit is unknown
   */
  async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const client = await this.pool.connect().catch(throwUnavailable);
    let broken: Error | undefined;
    // Between two statements nobody else listens: a connection that is lost there would end the process.
    const onError = (error: Error) => (broken = error);
    client.on('error', onError);
    try {
      await client.query('BEGIN');
      const result = await work({ query: (statement, values) => this.run(client, statement, values) });
      await client.query('COMMIT');
      return result;
    } catch (error) {
      // Closing rolls back too; another statement on a connection that does not answer would only wait once more.
      if (isDatabaseUnavailable(error)) broken ??= error as Error;
      else await client.query('ROLLBACK').catch((rollback: Error) => (broken = rollback));
      // Also who was refused for another reason is told that the database went away, and nobody waits for it again.
      return throwUnavailable(isDatabaseUnavailable(broken) ? broken : error);
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }

  /** Last of all: requests and replies that are still being finished need it. */
  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }

  private async run<Row extends object>(
    on: pg.Pool | pg.PoolClient,
    statement: Statement,
    values: unknown[],
  ): Promise<Row[]> {
    const query = this.prepare ? { ...statement, values } : { text: statement.text, values };
    const result = await on.query<Row>(query).catch(throwUnavailable);
    return result.rows;
  }
}
