import type pg from 'pg';
import type { Settings } from '../../config/settings.js';
import { POSTGRES } from '../../config/timing.js';
import { POOLED_SESSION, sessionOptions } from './session.js';

/** Which PostgreSQL a process connects to, and how. */
export type ConnectionSettings = Pick<
  Settings,
  'DATABASE_URL' | 'DIRECT_DATABASE_URL' | 'DATABASE_PREPARED_STATEMENTS' | 'DATABASE_POOL_SIZE'
>;

/** Whether a PgBouncer in transaction mode stands before PostgreSQL: a session then belongs to no client. */
export const isPooled = ({
  DATABASE_URL: url,
  DIRECT_DATABASE_URL: direct,
  DATABASE_PREPARED_STATEMENTS: prepare,
}: Omit<ConnectionSettings, 'DATABASE_POOL_SIZE'>): boolean =>
  !prepare || (direct !== undefined && serverOf(direct) !== serverOf(url));

/** A socket's folder is given as `?host=`, in place of a host. */
function serverOf(url: string): string {
  const { hostname, port, searchParams } = new URL(url);
  return `${searchParams.get('host') ?? hostname}:${searchParams.get('port') ?? (port || 5432)}`;
}

/** The schema that an address names (`?schema=`), as Prisma's addresses do; null where it names none. */
export function schemaOf(url: string): string | null {
  return new URL(url).searchParams.get('schema') || null;
}

/** How the connections of a process are made: with a session that has the settings of `session.ts`. */
export function connectionConfig(settings: ConnectionSettings): pg.PoolConfig {
  const pooled = isPooled(settings);
  return {
    connectionString: pooled ? settings.DATABASE_URL : withOptions(settings.DATABASE_URL),
    max: settings.DATABASE_POOL_SIZE,
    connectionTimeoutMillis: POSTGRES.connect,
    query_timeout: POSTGRES.query,
    keepAlive: true,
    idleTimeoutMillis: POSTGRES.idleConnection,
    // A PgBouncer refuses a client that brings limits: its `connect_query` sets them, and each transaction its own.
    ...(pooled
      ? // eslint-disable-next-line @typescript-eslint/no-misused-promises -- pg-pool waits for it, which its types do not say
        { onConnect: setPooledSession }
      : {
          statement_timeout: POSTGRES.statement,
          idle_in_transaction_session_timeout: POSTGRES.idleInTransaction,
        }),
  };
}

/** The session's settings as options of the connection, after those that the address has already. */
function withOptions(address: string): string {
  const url = new URL(address);
  const options = sessionOptions(schemaOf(address));
  const own = url.searchParams.get('options');
  url.searchParams.set('options', own ? `${own} ${options}` : options);
  return url.href;
}

async function setPooledSession(client: pg.ClientBase): Promise<void> {
  await client.query(POOLED_SESSION);
}
