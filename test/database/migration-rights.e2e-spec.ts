import { readMigrations } from '../../dev/migrations/migration-files.js';
import { applyMigrations } from '../../src/infra/postgres/migrate.js';
import { onServer } from '../support/databases.js';
import { admin, cleanUp, folder, newDatabase, newFolder, outcome, setMigration } from './migration-setup.js';

const known = readMigrations(folder).migrationDirectories.map((directory) => directory.path);
const role = `migrator_${process.pid}`;

beforeAll(() => onServer(admin, `CREATE ROLE ${role} LOGIN PASSWORD 'migrator'`));
afterAll(async () => {
  await cleanUp();
  await onServer(admin, `DROP ROLE ${role}`);
});

describe('a role that may create nothing but objects of its schema', () => {
  const asRole = (url: string) => Object.assign(new URL(url), { username: role, password: 'migrator' }).href;

  test('migrates in public', async () => {
    const url = await newDatabase();
    const name = new URL(url).pathname.slice(1);
    await onServer(
      url,
      `REVOKE CREATE, TEMPORARY ON DATABASE ${name} FROM PUBLIC; GRANT CREATE ON SCHEMA public TO ${role}`,
    );
    expect(await outcome(onServer(asRole(url), 'CREATE SCHEMA another'))).toContain('permission denied');
    expect(await applyMigrations(asRole(url), folder)).toEqual(known);
    await onServer(url, `REVOKE CREATE ON SCHEMA public FROM ${role}`);
    expect(await applyMigrations(asRole(url), folder)).toEqual([]); // what creates nothing needs no right to create
  });

  test('is told which right is missing, and migrates once it is granted', async () => {
    const url = await newDatabase();
    const name = new URL(url).pathname.slice(1);
    const path = newFolder({ '1_one': 'CREATE TABLE one (id int)' });
    const fails = async (address: string, right: string) =>
      expect(await outcome(applyMigrations(address, path))).toContain(`. It needs: GRANT ${right}`);
    await onServer(
      url,
      `REVOKE CREATE ON DATABASE ${name} FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC`,
    );
    await fails(asRole(url), `USAGE, CREATE ON SCHEMA "public" TO "${role}"`);
    await fails(`${asRole(url)}?schema=fresh`, `CREATE ON DATABASE "${name}" TO "${role}"`);
    await onServer(
      url,
      `GRANT CREATE ON DATABASE ${name} TO ${role}; GRANT USAGE ON SCHEMA public TO ${role}`,
    );
    expect(await applyMigrations(`${asRole(url)}?schema=fresh`, path)).toEqual(['1_one']);
    await fails(asRole(url), `USAGE, CREATE ON SCHEMA "public" TO "${role}"`);
    await onServer(url, `GRANT CREATE ON SCHEMA public TO ${role}`);
    expect(await applyMigrations(asRole(url), path)).toEqual(['1_one']);
    await onServer(url, `REVOKE CREATE ON SCHEMA public FROM ${role}`);
    setMigration(path, '2_two', 'CREATE TABLE two (id int)');
    await fails(asRole(url), `USAGE, CREATE ON SCHEMA "public" TO "${role}"`);
    await onServer(url, `GRANT CREATE ON SCHEMA public TO ${role}`);
    expect(await applyMigrations(asRole(url), path)).toEqual(['2_two']);
  });

  test('is told who owns the tables that it may not change', async () => {
    const url = await newDatabase();
    const path = newFolder({ '1_one': 'CREATE TABLE one (id int)' });
    await applyMigrations(url, path);
    await onServer(
      url,
      `GRANT CREATE ON SCHEMA public TO ${role}; GRANT SELECT, INSERT, UPDATE ON _prisma_migrations TO ${role}`,
    );
    setMigration(path, '2_two', 'ALTER TABLE one ADD COLUMN two int');
    expect(await outcome(applyMigrations(asRole(url), path))).toMatch(
      /^2_two: SQLSTATE 42501: .*It needs: GRANT "postgres" TO/,
    );
  });

  test('migrates whatever the defaults of its sessions are, and is told of a database that is read-only', async () => {
    const url = await newDatabase();
    const name = new URL(url).pathname.slice(1);
    const setDefault = (setting: string) =>
      onServer(admin, `ALTER ROLE ${role} IN DATABASE ${name} SET ${setting}`);
    await onServer(url, `GRANT CREATE ON SCHEMA public TO ${role}`);
    await setDefault('default_transaction_read_only = on');
    expect(await outcome(applyMigrations(asRole(url), folder))).toBe(
      'the database is read-only (default_transaction_read_only)',
    );
    await setDefault('default_transaction_read_only = off');
    // The timeouts are long enough for the statement that turns them off.
    for (const setting of [
      "statement_timeout = '1s'",
      "lock_timeout = '1s'",
      'standard_conforming_strings = off',
    ])
      await setDefault(setting);
    expect(await applyMigrations(asRole(url), folder)).toEqual(known);
    await onServer(url, `CREATE SCHEMA slow AUTHORIZATION ${role}`);
    const path = newFolder({ '1_slow': 'SELECT pg_sleep(1.5)' });
    expect(await applyMigrations(`${asRole(url)}?schema=slow`, path)).toEqual(['1_slow']);
  });

  test('migrates in the schema of `?schema=`, and touches public in nothing', async () => {
    const url = await newDatabase();
    await onServer(url, `CREATE SCHEMA "The app" AUTHORIZATION ${role}`);
    const there = `${asRole(url)}?schema=The%20app`;
    expect(await applyMigrations(there, folder)).toEqual(known);
    expect(await applyMigrations(there, folder)).toEqual([]);
    const tables = await onServer<{ schemaname: string }>(
      url,
      `SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    expect(tables).toEqual([{ schemaname: 'The app' }]);
  });
});
