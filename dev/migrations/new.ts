import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgres } from '../launcher/postgres.js';
import { runFolder } from '../launcher/run-folder.js';
import { Failure, step } from '../step.mjs';
import { drift } from './schema-engine.js';

const USAGE = `Usage: npm run migrate:new NAME [-- --empty]
  NAME     what the migration does, in snake_case: add_work_item
  --empty  write a file without statements when schema.prisma and the migrations agree`;
const SNAKE_CASE = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const EMPTY = '-- What the schema language cannot say: partial indexes, checks, data.\n';

/**
 * Writes prisma/migrations/<UTC timestamp>_<name>/migration.sql: the difference between the migrations and
 * schema.prisma, found on a PostgreSQL started for it.
 * @param root the project's folder
 * @param args the name, and perhaps `--empty`
 * @returns the exit code
 */
export async function main(root: string, args: string[]): Promise<number> {
  const { name, isEmptyWanted } = parse(args);
  const difference = await step('Comparing the migrations with prisma/schema.prisma', () => compare(root));
  if (!difference && !isEmptyWanted) {
    console.log(
      'The migrations agree with prisma/schema.prisma: nothing was written (-- --empty writes a file).',
    );
    return 0;
  }
  const file = write(join(root, 'prisma/migrations'), name, difference || EMPTY);
  console.log(`Wrote ${file}: read it before it is applied.`);
  return 0;
}

function parse(args: string[]): { name: string; isEmptyWanted: boolean } {
  const [name, ...others] = args.filter((arg) => arg !== '--empty');
  if (!name || others.length || !SNAKE_CASE.test(name)) throw new Failure(USAGE);
  return { name, isEmptyWanted: args.includes('--empty') };
}

async function compare(root: string): Promise<string> {
  const folder = await runFolder(root);
  try {
    const postgres = await startPostgres({ root, folder: join(folder, 'postgres'), settings: ['fsync=off'] });
    try {
      return await drift(postgres.url('postgres'), join(root, 'prisma'));
    } finally {
      await postgres.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(migrations: string, name: string, sql: string): string {
  const folder = `${timestamp(new Date())}_${name}`;
  const newest = readdirSync(migrations)
    .filter((entry) => /^\d/.test(entry))
    .sort()
    .at(-1);
  // Migrations are applied in the order of their names: a clock that is behind would insert it among older ones.
  if (newest && newest >= folder)
    throw new Failure(`The clock of this machine is behind the migration ${newest}.`);
  mkdirSync(join(migrations, folder));
  writeFileSync(join(migrations, folder, 'migration.sql'), sql);
  return `prisma/migrations/${folder}/migration.sql`;
}

function timestamp(now: Date): string {
  return now.toISOString().replace(/\D/g, '').slice(0, 14);
}
