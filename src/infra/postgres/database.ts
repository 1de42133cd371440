import { Injectable, OnApplicationShutdown } from '@nestjs/common';
import type pg from 'pg';
import { Settings } from '../../config/settings.js';
import { ConnectionPool } from './connection-pool.js';
import { isConnectionLost, isDatabaseUnavailable, throwUnavailable } from './errors.js';

/** Runs hand-written statements: on the pool, or in a transaction. */
export interface Sql {
  /**
   * Runs one statement and returns its rows.
   * @throws AppError `service.unavailable` within 3 s when PostgreSQL cannot serve it
   */
  query<Row extends object>(statement: Statement, values: unknown[]): Promise<Row[]>;
}

/** A hand-written statement. Its name makes it a prepared one where the pool may prepare. */
export interface Statement {
  name: string;
  text: string;
}

/** The connections of the process, shared by Prisma and by the hot statements; the readiness probe has one of its own. */
@Injectable()
export class Database implements Sql, OnApplicationShutdown {
  readonly pool: ConnectionPool;
  private readonly prepare: boolean;

  constructor(settings: Settings) {
    this.prepare = settings.DATABASE_PREPARED_STATEMENTS;
    this.pool = new ConnectionPool(settings);
  }

  /**
   * Runs one statement and returns its rows.
   * @param values the statement's `$1`, `$2`, ...
   * @throws AppError `service.unavailable` within 3 s when PostgreSQL cannot serve it; an error of node-postgres when it
   * refuses it, such as a violated constraint
   */
  query<Row extends object>(statement: Statement, values: unknown[]): Promise<Row[]> {
    return this.run<Row>(this.pool, statement, values);
  }

  /**
   * Runs `work` in one transaction: committed when it returns, rolled back when it throws.
   * @throws AppError `service.unavailable` when PostgreSQL is unavailable; whether the transaction was committed is then
   * unknown. Whatever `work` throws
   */
  async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const { client, query_timeout } = await this.pool.acquire().catch(throwUnavailable);
    let broken: Error | undefined;
    // A connection may be lost between two statements too.
    const onError = (error: Error) => (broken = error);
    client.on('error', onError);
    try {
      const begin = { text: this.pool.begin, query_timeout };
      await client.query(begin);
      const result = await work({ query: (statement, values) => this.run(client, statement, values) });
      await client.query('COMMIT');
      this.pool.succeeded();
      return result;
    } catch (error) {
      this.pool.failed(error);
      // Closing the connection rolls back too; a ROLLBACK on one that does not respond would wait for a second timeout.
      if (isConnectionLost(error)) broken ??= error as Error;
      else await client.query('ROLLBACK').catch((rollback: Error) => (broken = rollback));
      // A loss during the ROLLBACK matters more than why `work` failed: callers do not use the database once more.
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
    on: Pick<pg.ClientBase, 'query'>,
    statement: Statement,
    values: unknown[],
  ): Promise<Row[]> {
    const query = this.prepare ? { ...statement, values } : { text: statement.text, values };
    const result = await on.query<Row>(query).catch(throwUnavailable);
    return result.rows;
  }
}
