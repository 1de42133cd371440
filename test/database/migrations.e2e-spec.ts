import { readMigrations } from '../../src/infra/prisma/migration-files.js';
import { applyMigrations, diffFromEmpty, drift } from '../../src/infra/prisma/schema-engine.js';
import pg from 'pg';

const folder = 'prisma';
const admin = process.env.TEST_DATABASE_URL ?? '';
const name = `migrations_${process.pid}`;
const url = Object.assign(new URL(admin), { pathname: `/${name}` }).href;

async function onServer<T extends pg.QueryResultRow>(database: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

beforeAll(() => onServer(admin, `CREATE DATABASE ${name}`));
afterAll(() => onServer(admin, `DROP DATABASE ${name} WITH (FORCE)`));

test('the migrations make what the schema says', async () => {
  expect(await drift(admin, folder)).toBe('');
});

test('a schema without migrations differs by all of itself', async () => {
  expect(await diffFromEmpty(admin, folder)).toContain('CREATE TABLE');
});

test('many replicas at once apply each migration exactly once', async () => {
  const runs = await Promise.all(Array.from({ length: 5 }, () => applyMigrations(url, folder)));
  const known = readMigrations(folder).migrationDirectories.map((directory) => directory.path);
  expect(runs.flat()).toEqual(known);
  const recorded = await onServer<{ migration_name: string }>(
    url,
    'SELECT migration_name FROM _prisma_migrations',
  );
  expect(recorded.map((row) => row.migration_name).sort()).toEqual(known);
});

test('nothing is left to apply the second time', async () => {
  expect(await applyMigrations(url, folder)).toEqual([]);
});
