import { appendFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { readMigrations } from '../../dev/migrations/migration-files.js';
import { applyWithEngine, diffFromEmpty, drift } from '../../dev/migrations/schema-engine.js';
import { applyMigrations } from '../../src/infra/postgres/migrate.js';
import { onServer } from '../support/databases.js';
import { admin, cleanUp, folder, newDatabase, newFolder, outcome, setMigration } from './migration-setup.js';

const known = readMigrations(folder).migrationDirectories.map((directory) => directory.path);
interface Row {
  id: string;
  checksum: string;
  migration_name: string;
  finished_at: Date | null;
  rolled_back_at: Date | null;
  started_at: Date;
  applied_steps_count: number;
  logs: string | null;
}

function history(url: string): Promise<Row[]> {
  return onServer<Row>(url, 'SELECT * FROM _prisma_migrations ORDER BY migration_name, started_at');
}

afterAll(cleanUp);

test('the migrations make what the schema says', async () => {
  expect(await drift(admin, folder)).toBe('');
});

test('a schema without migrations differs by all of itself', async () => {
  expect(await diffFromEmpty(admin, folder)).toContain('CREATE TABLE');
});

test('many replicas at once apply each migration exactly once', async () => {
  const url = await newDatabase();
  const runs = await Promise.all(Array.from({ length: 5 }, () => applyMigrations(url, folder)));
  expect(runs.flat()).toEqual(known);
  const recorded = await onServer<{ migration_name: string }>(
    url,
    'SELECT migration_name FROM _prisma_migrations',
  );
  expect(recorded.map((row) => row.migration_name).sort()).toEqual(known);
});

test('nothing is left to apply the second time', async () => {
  const url = await newDatabase();
  expect(await applyMigrations(url, folder)).toEqual(known);
  expect(await applyMigrations(url, folder)).toEqual([]);
});

describe("beside Prisma's schema engine", () => {
  const TABLE = `SELECT column_name, data_type, character_maximum_length, is_nullable, column_default
    FROM information_schema.columns WHERE table_name = '_prisma_migrations' ORDER BY ordinal_position`;

  test('the same tables, and records that either of the two accepts', async () => {
    const [engine, own] = [await newDatabase(), await newDatabase()];
    await applyWithEngine(engine, folder);
    await applyMigrations(own, folder);
    expect(await onServer(own, TABLE)).toEqual(await onServer(engine, TABLE));
    const shape = (row: Row) => ({
      ...row,
      id: row.id.replace(/[0-9a-f]/g, 'x'),
      started_at: row.started_at instanceof Date,
      finished_at: row.finished_at instanceof Date,
    });
    expect((await history(own)).map(shape)).toEqual((await history(engine)).map(shape));
    expect(await applyMigrations(engine, folder)).toEqual([]);
    expect(await applyWithEngine(own, folder)).toEqual([]);
  });

  test('a database that the engine migrated in part is continued', async () => {
    const url = await newDatabase();
    const older = newFolder({});
    for (const name of known.slice(0, 3))
      cpSync(join(folder, 'migrations', name), join(older, 'migrations', name), { recursive: true });
    expect(await applyWithEngine(url, older)).toEqual(known.slice(0, 3));
    expect(await applyMigrations(url, folder)).toEqual(known.slice(3));
  });

  test('a migration that failed under the engine is repeated once its cause is gone', async () => {
    const url = await newDatabase();
    const path = newFolder({ '1_data': 'CREATE TABLE made (id int); INSERT INTO missing VALUES (1);' });
    expect(await outcome(applyWithEngine(url, path))).toContain('1_data');
    expect((await history(url)).map((row) => row.finished_at)).toEqual([null]);
    await onServer(url, 'CREATE TABLE missing (id int)');
    expect(await applyMigrations(url, path)).toEqual(['1_data']);
    const rows = await history(url);
    expect(rows.map((row) => [row.finished_at !== null, row.rolled_back_at !== null])).toEqual([
      [false, true],
      [true, false],
    ]);
    expect(await onServer(url, 'SELECT id FROM missing')).toEqual([{ id: 1 }]);
    expect(await applyWithEngine(url, path)).toEqual([]);
  });

  test('a migration whose end was not recorded is refused with both ways to resolve it, which work', async () => {
    const url = await newDatabase();
    const path = newFolder({ '1_one': 'CREATE TABLE one ()', '2_two': 'CREATE TABLE two ()' });
    await applyMigrations(url, path);
    await onServer(url, `UPDATE _prisma_migrations SET finished_at = NULL, applied_steps_count = 0`);
    await onServer(url, 'DROP TABLE two');
    const resolve = async (name: string, column: string) => {
      const message = await outcome(applyMigrations(url, path));
      expect(message).toContain(`${name} was started earlier and its end was not recorded`);
      const statement = message.match(new RegExp(`UPDATE _prisma_migrations SET ${column}.*?NULL`))?.[0];
      await onServer(url, statement ?? 'the message names no such statement');
    };
    await resolve('1_one', 'finished_at');
    await resolve('2_two', 'rolled_back_at');
    expect(await applyMigrations(url, path)).toEqual(['2_two']);
    expect(await applyMigrations(url, path)).toEqual([]);
  });
});

describe('a migration that fails', () => {
  test('is named with the SQLSTATE, leaves nothing, and is applied once its cause is gone', async () => {
    const url = await newDatabase();
    const path = newFolder({
      '1_first': 'CREATE TABLE first (id int)',
      '2_second': 'CREATE TABLE second (id int); ALTER TABLE first ADD CHECK (id > 0);',
      '3_third': 'CREATE TABLE third (id int)',
    });
    setMigration(path, '1_first', 'CREATE TABLE first (id int); INSERT INTO first VALUES (-1)');
    expect(await outcome(applyMigrations(url, path))).toMatch(/^2_second: SQLSTATE 23514: check constraint/);
    expect((await history(url)).map((row) => row.migration_name)).toEqual(['1_first']);
    expect(await onServer(url, `SELECT to_regclass('second') AS it`)).toEqual([{ it: null }]);
    await onServer(url, 'DELETE FROM first');
    expect(await applyMigrations(url, path)).toEqual(['2_second', '3_third']);
  });

  test('may be corrected before it was applied anywhere', async () => {
    const url = await newDatabase();
    const path = newFolder({ '1_typo': 'CREATE TABEL typo ()' });
    expect(await outcome(applyMigrations(url, path))).toMatch(/^1_typo: SQLSTATE 42601: syntax error/);
    setMigration(path, '1_typo', 'CREATE TABLE typo ()');
    expect(await applyMigrations(url, path)).toEqual(['1_typo']);
  });

  test('an applied one that was changed is refused before anything is applied', async () => {
    const url = await newDatabase();
    const path = newFolder({ '1_one': 'CREATE TABLE one ();\n' });
    await applyMigrations(url, path);
    setMigration(path, '1_one', 'CREATE TABLE one ();\r\n');
    expect(await applyMigrations(url, path)).toEqual([]); // a checkout with other line endings
    appendFileSync(join(path, 'migrations/1_one/migration.sql'), '-- changed');
    setMigration(path, '0_earlier', 'CREATE TABLE earlier ()');
    expect(await outcome(applyMigrations(url, path))).toMatch(/^1_one was changed after it was applied/);
    expect(await onServer(url, `SELECT to_regclass('earlier') AS it`)).toEqual([{ it: null }]);
  });
});

test('a schema of `?schema=` that is missing is created', async () => {
  const url = await newDatabase();
  const path = newFolder({ '1_one': 'CREATE TABLE one ()' });
  expect(await applyMigrations(`${url}?schema=fresh`, path)).toEqual(['1_one']);
  expect(await onServer(url, `SELECT to_regclass('fresh.one') IS NOT NULL AS made`)).toEqual([
    { made: true },
  ]);
});

test('without `?schema=` the tables stay where they are, whatever the search path begins with later', async () => {
  const url = await newDatabase();
  const path = newFolder({ '1_one': 'CREATE TABLE one ()' });
  await applyMigrations(url, path);
  await onServer(url, 'CREATE SCHEMA postgres'); // as `"$user"` of the search path reads for this role
  setMigration(path, '2_two', 'CREATE TABLE two ()');
  expect(await applyMigrations(url, path)).toEqual(['2_two']);
  expect(await onServer(url, `SELECT to_regclass('public.two') IS NOT NULL AS made`)).toEqual([
    { made: true },
  ]);
});
