import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, run } from '../step.mjs';
import { readSettings } from '../settings.mjs';

const ENTRIES: Record<string, string> = { api: 'main', worker: 'worker' };

/**
 * Restarts the program after every change that compiles, until it is stopped.
 * @param args `api` or `worker`
 */
export async function main(root: string, [which = '']: string[], signal: AbortSignal): Promise<number> {
  const entry = ENTRIES[which];
  if (!entry) throw new Failure('Name the program to watch: api or worker.');
  const nest = join(root, 'node_modules/@nestjs/cli/bin/nest.js');
  const args = [
    'start',
    '--watch',
    '--preserveWatchOutput',
    '--no-shell',
    '--path',
    tsconfig(root, which),
    '--entryFile',
    entry,
  ];
  const env = { ...process.env, ...readSettings(root) };
  try {
    const { code } = await run(process.execPath, [nest, ...args], { cwd: root, env, show: true, signal });
    return code;
  } catch (error) {
    if (signal.aborted) return 0;
    throw error;
  }
}

/** An output folder for each program: both may be watched during a build, and none may delete the files of another. */
function tsconfig(root: string, which: string): string {
  const config = {
    extends: '../tsconfig.build.json',
    compilerOptions: { outDir: `./watch/${which}`, rootDir: '../src' },
    include: ['../src'],
    exclude: ['../src/**/*.spec.ts'],
  };
  writeFileSync(join(root, '.local', `tsconfig.${which}.json`), JSON.stringify(config));
  return `.local/tsconfig.${which}.json`;
}
