import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The schema file as the engine wants it. @param folder the `prisma` folder */
export function readSchema(folder: string) {
  const path = resolve(folder, 'schema.prisma');
  return { path, content: readFileSync(path, 'utf8') };
}

/** All migrations, oldest first, as the engine wants them. @param folder the `prisma` folder */
export function readMigrations(folder: string) {
  const base = resolve(folder, 'migrations');
  const lock = join(base, 'migration_lock.toml');
  const names = readdirSync(base, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return {
    baseDir: base,
    shadowDbInitScript: '',
    lockfile: { path: 'migration_lock.toml', content: existsSync(lock) ? readFileSync(lock, 'utf8') : null },
    migrationDirectories: names
      .map((entry) => entry.name)
      .sort()
      .map((name) => ({ path: name, migrationFile: readMigration(join(base, name, 'migration.sql')) })),
  };
}

function readMigration(file: string) {
  return { path: 'migration.sql', content: { tag: 'ok' as const, value: readFileSync(file, 'utf8') } };
}
