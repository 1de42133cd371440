import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure.mjs';
import { readSettings } from '../settings.mjs';

const ENTRIES: Record<string, string> = { api: 'main', worker: 'worker' };

/**
 * Starts the program again after every change that compiles, until it is asked to stop.
 * @param args `api` or `worker`
 */
export async function main(root: string, [which = '']: string[], signal: AbortSignal): Promise<number> {
  const entry = ENTRIES[which];
  if (!entry) throw new Failure('Which one is to be watched: api or worker?');
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
  const program = spawn(process.execPath, [nest, ...args], {
    cwd: root,
    env,
    stdio: 'inherit',
    detached: true,
  });
  signal.addEventListener('abort', () => program.pid && process.kill(-program.pid, 'SIGTERM'));
  const code = await new Promise<number>((resolve, reject) => {
    program.once('error', reject);
    program.once('exit', (code) => resolve(code ?? 0));
  });
  return signal.aborted ? 0 : code;
}

/** An output folder for each: two that are watched at once, and a build beside them, must not delete each other's files. */
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
