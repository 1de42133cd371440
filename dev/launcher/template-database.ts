import { join } from 'node:path';
import pg from 'pg';
import { Failure, run } from '../step.mjs';
import type { PrivatePostgres } from './postgres.js';

/** A migrated, empty database, so that a test file gets its own by `CREATE DATABASE ... TEMPLATE` in milliseconds. */
const TEMPLATE = 'template_app';

export async function makeTemplate(
  root: string,
  postgres: PrivatePostgres,
  signal: AbortSignal,
): Promise<void> {
  await createDatabase(postgres.url('postgres'), TEMPLATE);
  const url = postgres.url(TEMPLATE);
  await migrate(root, { DATABASE_URL: url, DIRECT_DATABASE_URL: url }, signal);
}

/** Creates a database unless it is there. */
export async function createDatabase(adminUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (!rowCount) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

/** Runs the product's own migration program. @param settings where the database is, over the environment */
export async function migrate(
  root: string,
  settings: Record<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const env = { ...process.env, ...settings };
  const { code, output } = await run(process.execPath, [join(root, 'dist/migrate.js')], { env, signal });
  if (code !== 0) throw new Failure(output.trim());
}
