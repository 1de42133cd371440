import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onServer } from '../support/databases.js';

/** The product's own schema and migrations. */
export const folder = 'prisma';
export const admin = process.env.TEST_DATABASE_URL ?? '';
const temporary = mkdtempSync(join(tmpdir(), 'migrations-'));
const databases: string[] = [];

/** An empty database of the test's own. @returns its URL */
export async function newDatabase(): Promise<string> {
  const name = `migrations_${process.pid}_${databases.length}`;
  databases.push(name);
  await onServer(admin, `CREATE DATABASE ${name}`);
  return Object.assign(new URL(admin), { pathname: `/${name}` }).href;
}

/** A `prisma` folder with the given migrations. @returns its path */
export function newFolder(migrations: Record<string, string>): string {
  const path = mkdtempSync(join(temporary, 'prisma-'));
  cpSync(join(folder, 'schema.prisma'), join(path, 'schema.prisma'));
  mkdirSync(join(path, 'migrations'));
  cpSync(join(folder, 'migrations/migration_lock.toml'), join(path, 'migrations/migration_lock.toml'));
  for (const [name, sql] of Object.entries(migrations)) setMigration(path, name, sql);
  return path;
}

export function setMigration(path: string, name: string, sql: string): void {
  mkdirSync(join(path, 'migrations', name), { recursive: true });
  writeFileSync(join(path, 'migrations', name, 'migration.sql'), sql);
}

/** The result of `work` as text, or the message of its error. */
export const outcome = (work: Promise<unknown>) => work.then(String, (error: Error) => error.message);

/** Drops the databases and folders that the functions above made. */
export async function cleanUp(): Promise<void> {
  for (const name of databases) await onServer(admin, `DROP DATABASE ${name} WITH (FORCE)`);
  rmSync(temporary, { recursive: true });
}
