import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { schemaOf } from './connection-config.js';
import { missingRight } from './migration-rights.js';
import { READ_SERVER_STATE } from './server-state.sql.js';
import { type ServerState, stateProblems } from './server-state.js';
import { SESSION_OF_MIGRATIONS } from './session.js';

/** The advisory lock of Prisma's schema engine: runs of either exclude each other. */
const LOCK = 72707369;
const LOCK_RETRY_MS = 200;

/** As Prisma's schema engine creates it. */
const CREATE_HISTORY = `CREATE TABLE _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`;

/** Its first line makes a migration run statement by statement, each in a transaction of its own. */
const NO_TRANSACTION = '-- no-transaction';
/** A statement: a semicolon in a comment, a string, a quoted name or a dollar-quoted body does not end it. */
const STATEMENT =
  /(?:--[^\n]*|\/\*[\s\S]*?\*\/|\bE'(?:[^'\\]|\\.)*'|'[^']*'|"[^"]*"|(\$(?:[a-z_]\w*)?\$)[\s\S]*?\1|[^;])+/gi;

interface Migration {
  name: string;
  sql: string;
}

interface Recorded {
  checksum: string;
  finished: boolean;
  logs: string | null;
}

/**
 * Applies the migrations that the database lacks, oldest first, and records them in `_prisma_migrations` as Prisma's
 * schema engine does; a database which that engine migrated is continued. A migration and its record are committed
 * together, so a failed one is repeated by the next run. Concurrent runs wait for each other.
 *
 * A migration whose first line is `-- no-transaction` (`CREATE INDEX CONCURRENTLY`) is not atomic: the next run repeats
 * it from its first statement, so its statements must allow that (`DROP INDEX CONCURRENTLY IF EXISTS` first).
 *
 * @param url of the database, not through a pooler in transaction mode; `?schema=` names the schema
 * @param folder the `prisma` folder
 * @returns the names of the migrations applied
 * @throws Error that names the migration, when one fails, was changed after it was applied, or was interrupted
 */
export async function applyMigrations(url: string, folder: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, keepAlive: true });
  client.on('error', () => undefined); // the statement that runs, or else the next one, rejects because of it
  await client.connect();
  try {
    await client.query(SESSION_OF_MIGRATIONS);
    await requireSuitableDatabase(client);
    await lock(client);
    await openHistory(client, schemaOf(url));
    const pending: Migration[] = [];
    for (const migration of readMigrations(join(folder, 'migrations'))) {
      if (!(await isApplied(client, migration))) pending.push(migration);
    }
    for (const migration of pending) await apply(client, migration);
    return pending.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

function readMigrations(folder: string): Migration[] {
  const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = folders.map(({ name }) => name).sort();
  return names.map((name) => ({ name, sql: readFileSync(join(folder, name, 'migration.sql'), 'utf8') }));
}

/**
 * The lock lasts until the connection ends. Tried again and again, because a statement that waits for the lock would
 * keep a snapshot open, for which `CREATE INDEX CONCURRENTLY` of the run that has the lock would wait in turn.
 */
async function lock(client: pg.Client): Promise<void> {
  const attempt = () => client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [LOCK]);
  while (!(await attempt()).rows[0]?.taken) await pause(LOCK_RETRY_MS);
}

/** Before anything is created: what a migration leaves in a database that no process accepts would have to be removed. */
async function requireSuitableDatabase(client: pg.Client): Promise<void> {
  const [state] = (await client.query<ServerState>(READ_SERVER_STATE.text)).rows;
  const { lasting, readOnly } = stateProblems(state as ServerState, null);
  const problems = [...lasting, ...readOnly];
  if (problems.length > 0) throw new Error(problems.join('; '));
}

/**
 * Creates only what is missing: `IF NOT EXISTS` would need the right to create even where nothing is created. Without
 * `?schema=`, tables that are found stay where they are, whichever schema the search path begins with by now.
 */
async function openHistory(client: pg.Client, named: string | null): Promise<void> {
  if (named) await setSchema(client, named);
  const found = await client.query<{ current: string | null; history: string | null }>(
    `SELECT current_schema()::text AS current,
       (SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = to_regclass('_prisma_migrations')) AS history`,
  );
  const { current = null, history = null } = found.rows[0] ?? {};
  const schema = named ?? current ?? 'public';
  try {
    if (history !== null) await client.query(`SET search_path TO ${history}`);
    else {
      if (!current) await client.query(`CREATE SCHEMA ${client.escapeIdentifier(schema)}`);
      await client.query(CREATE_HISTORY);
    }
  } catch (error) {
    throw await explained(client, error, schema);
  }
}

function setSchema(client: pg.Client, schema: string): Promise<unknown> {
  return client.query(`SET search_path TO ${client.escapeIdentifier(schema)}`);
}

async function isApplied(client: pg.Client, { name, sql }: Migration): Promise<boolean> {
  const { rows } = await client.query<Recorded>(
    `SELECT checksum, finished_at IS NOT NULL AS finished, logs FROM _prisma_migrations
     WHERE migration_name = $1 AND rolled_back_at IS NULL`,
    [name],
  );
  const applied = rows.find(({ finished }) => finished);
  if (applied && !checksums(sql).includes(applied.checksum)) {
    throw new Error(
      `${name} was changed after it was applied: restore the file, and add a new migration instead.`,
    );
  }
  // Prisma's engine records the error of a failed migration in `logs`: PostgreSQL has rolled all of it back.
  if (!applied && rows.some(({ logs }) => logs === null)) throw new Error(interrupted(name));
  return applied !== undefined;
}

/** As the file is, and as a checkout with the other line endings has it. */
function checksums(sql: string): string[] {
  const unix = sql.replaceAll('\r\n', '\n');
  return [sql, unix, unix.replaceAll('\n', '\r\n')].map(checksum);
}

function checksum(sql: string): string {
  return createHash('sha256').update(sql).digest('hex');
}

function interrupted(name: string): string {
  const update = (column: string) =>
    `UPDATE _prisma_migrations SET ${column} WHERE migration_name = '${name}' AND finished_at IS NULL`;
  return `${name} was started earlier and its end was not recorded, so whether it was committed is unknown. Look for its
changes in the database. If they are there: ${update('finished_at = now(), applied_steps_count = 1')};
if they are not: ${update('rolled_back_at = now()')}; then migrate again.`;
}

async function apply(client: pg.Client, { name, sql }: Migration): Promise<void> {
  // Objects go to the current schema, which exists: a role that may not create schemas is to pass this statement.
  const script = sql.replace('CREATE SCHEMA IF NOT EXISTS "public";', '');
  const isAtomic = !script.startsWith(NO_TRANSACTION);
  try {
    if (isAtomic) await client.query('BEGIN');
    for (const part of isAtomic ? [script] : (script.match(STATEMENT) ?? [])) await client.query(part);
    await record(client, name, checksum(sql));
    if (isAtomic) await client.query('COMMIT');
  } catch (error) {
    // A connection that is lost cannot roll back, and need not.
    if (isAtomic) await client.query('ROLLBACK').catch(() => undefined);
    const schema = await client
      .query<{ schema: string }>('SELECT current_schema()::text AS schema')
      .catch(() => null);
    const { message } = await explained(client, error, schema?.rows[0]?.schema ?? 'public');
    throw new Error(`${name}: ${message}`, { cause: error });
  }
}

/** The error with its SQLSTATE, and with the right that is missing where that is why. */
async function explained(client: pg.Client, error: unknown, schema: string): Promise<Error> {
  const { code, message } = error as pg.DatabaseError;
  const grant = await missingRight(client, error, schema).catch(() => null);
  return new Error(`${code ? `SQLSTATE ${code}: ` : ''}${message}${grant ? `. It needs: ${grant}` : ''}`, {
    cause: error,
  });
}

/** An attempt that failed under Prisma's engine is marked as rolled back, which it was. */
async function record(client: pg.Client, name: string, sum: string): Promise<void> {
  await client.query(
    `UPDATE _prisma_migrations SET rolled_back_at = now()
     WHERE migration_name = $1 AND finished_at IS NULL AND rolled_back_at IS NULL`,
    [name],
  );
  await client.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
     VALUES ($1, $2, $3, clock_timestamp(), 1)`,
    [randomUUID(), sum, name],
  );
}
