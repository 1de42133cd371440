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
  query<Row extends object, Values extends unknown[]>(
    statement: Statement<Row, Values>,
    values: NoInfer<Values>,
  ): Promise<Row[]>;
}

/** Carries the types of a statement. No value has this property. */
declare const TYPES: unique symbol;

/**
 * A hand-written statement with the types of its rows and of its parameters, in their order; `never` as the row: it returns
 * none. The name, which no other statement has, makes it a prepared one where the pool may prepare.
 */
export interface Statement<Row extends object = object, Values extends unknown[] = unknown[]> {
  name: string;
  text: string;
  [TYPES]?(values: Values): Row;
}

/** The parameters of a statement. */
export type ValuesOf<S> = S extends Statement<object, infer Values> ? Values : never;

/**
 * A column list of SELECT or RETURNING.
 * @param columns the name of each property of the row, with its column or an SQL expression
 * @param table the alias that plain columns get
 */
export function columnList(columns: Record<string, string>, table?: string): string {
  return Object.entries(columns)
    .map(([name, column]) => {
      const source = table && /^\w+$/.test(column) ? `${table}.${column}` : column;
      return name === column ? source : `${source} AS "${name}"`;
    })
    .join(', ');
}

/** The connections of the process, shared by Prisma and by the hand-written statements; the readiness probe has one of its own. */
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
  query<Row extends object, Values extends unknown[]>(
    statement: Statement<Row, Values>,
    values: NoInfer<Values>,
  ): Promise<Row[]> {
    return this.run(this.pool, statement, values);
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
    { name, text }: Statement<Row>,
    values: unknown[],
  ): Promise<Row[]> {
    const query = this.prepare ? { name, text, values } : { text, values };
    const result = await on.query<Row>(query).catch(throwUnavailable);
    return result.rows;
  }
}
