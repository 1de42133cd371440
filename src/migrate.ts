import { join } from 'node:path';
import { migrationUrl } from './config/command-settings.js';
import { applyMigrations } from './infra/postgres/migrate.js';

try {
  const applied = await applyMigrations(migrationUrl(), join(import.meta.dirname, '..', 'prisma'));
  process.stdout.write(applied.length ? `Applied: ${applied.join(', ')}\n` : 'The database is up to date.\n');
} catch (error) {
  process.stderr.write(
    `The migrations could not be applied: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
}
