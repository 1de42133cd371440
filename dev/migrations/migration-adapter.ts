import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlQuery,
  type SqlResultSet,
} from '@prisma/driver-adapter-utils';
import pg from 'pg';

type Connected = Awaited<ReturnType<PrismaPg['connect']>>;

const OID_CHAR = 18;
const OID_BPCHAR = 1042;

/**
 * What the schema engine needs of a connection and the `pg` adapter of Prisma does not give: it refuses the catalog's
 * "char" columns, cuts scripts at every semicolon, and cannot make a shadow database from a URL.
 */
export class MigrationAdapterFactory implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider = 'postgres';
  readonly adapterName = 'pg-migrations';

  private readonly open: SqlDriverAdapter[] = [];

  constructor(private readonly url: string) {}

  async connect(): Promise<SqlDriverAdapter> {
    const connection = new MigrationConnection(await connectTo(this.url));
    this.open.push(connection);
    return connection;
  }

  /** Ends the engine's connections, which it keeps, and its lock on the database with them. */
  async close(): Promise<void> {
    await Promise.all(this.open.splice(0).map((connection) => connection.dispose()));
  }

  /** An empty database beside the real one, dropped when the engine has done with it. The role needs CREATEDB. */
  async connectToShadowDb(): Promise<SqlDriverAdapter> {
    const name = `shadow_${randomUUID().replaceAll('-', '')}`;
    const admin = new pg.Client({ connectionString: this.url });
    await admin.connect();
    await admin.query(`CREATE DATABASE "${name}"`);
    const shadow = await connectTo(withDatabase(this.url, name));
    return new MigrationConnection(shadow, async () => {
      await admin.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
      await admin.end();
    });
  }
}

class MigrationConnection implements SqlDriverAdapter {
  readonly provider = 'postgres';
  readonly adapterName = 'pg-migrations';

  constructor(
    private readonly inner: Connected,
    private readonly afterwards: () => Promise<void> = async () => undefined,
  ) {}

  async queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    const chars = new Set<number>();
    const result = await charColumns.run(chars, () => this.inner.queryRaw(query));
    const columnTypes = result.columnTypes.map((type, index) =>
      chars.has(index) ? ColumnTypeEnum.Character : type,
    );
    return { ...result, columnTypes };
  }

  /**
   * One request with the whole script: PostgreSQL itself knows where a statement ends. Several statements of one request are
   * a transaction, so a script that must not be one is sent by statements, each of which ends a line.
   */
  async executeScript(script: string): Promise<void> {
    const parts = script.startsWith('-- no-transaction') ? script.split(/;[ \t]*$/m) : [script];
    for (const part of parts) await this.inner.underlyingDriver().query(part);
  }

  executeRaw(query: SqlQuery) {
    return this.inner.executeRaw(query);
  }

  startTransaction(...args: Parameters<Connected['startTransaction']>) {
    return this.inner.startTransaction(...args);
  }

  getConnectionInfo() {
    return this.inner.getConnectionInfo();
  }

  async dispose(): Promise<void> {
    await this.inner.dispose();
    await this.afterwards();
  }
}

/** The columns of the running query that are of the catalog's type "char". */
const charColumns = new AsyncLocalStorage<Set<number>>();

/** Shows "char" columns to the adapter as the nearest type it knows, and remembers which they were. */
class CatalogPool extends pg.Pool {
  override query: pg.Pool['query'] = async (...args: unknown[]) => {
    const result = await (super.query as (...args: unknown[]) => Promise<pg.QueryResult>)(...args);
    result.fields?.forEach((field, index) => {
      if (field.dataTypeID !== OID_CHAR) return;
      field.dataTypeID = OID_BPCHAR;
      charColumns.getStore()?.add(index);
    });
    return result;
  };
}

function connectTo(url: string): Promise<Connected> {
  // One connection that is never given up while the engine works: its lock against other replicas lives in the session.
  const pool = new CatalogPool({
    connectionString: url,
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: 10_000,
  });
  return new PrismaPg(pool, { disposeExternalPool: true }).connect();
}

function withDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.toString();
}
