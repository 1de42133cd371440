import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail } from './failure.mjs';
import { prepare } from './prepare.mjs';

/** npm passes a terminal's Ctrl-C on to its child, which got it already: the second within this time is that echo. */
const ECHO_MS = 500;

/**
 * What the programs of this folder have in common: they work in the project's folder, and the first Ctrl-C or SIGTERM
 * asks them to stop in order while a second one ends them at once.
 * @param {(root: string, signal: AbortSignal) => Promise<number>} task resolves to the exit code
 */
export async function work(task) {
  const root = join(import.meta.dirname, '..');
  process.chdir(root);
  const stop = stopOnSignal();
  try {
    process.exit(await task(root, stop.signal));
  } catch (error) {
    if (stop.signal.aborted) process.exit(stop.exitCode());
    fail(error);
  }
}

/**
 * Prepares the clone and runs a program of it.
 * @param {string} program the compiled file, below dist-dev, whose `main(root, args, signal)` resolves to the exit code
 * @param {(root: string) => Promise<void>} [before] what can be refused before anything long is done
 * @param {(root: string, signal: AbortSignal) => Promise<void>} [build] what brings the clone to where the program can run
 */
export async function main(program, before = async () => undefined, build = prepare) {
  await work(async (root, signal) => {
    await before(root);
    await build(root, signal);
    const compiled = await import(pathToFileURL(join(root, 'dist-dev', program)).href);
    return compiled.main(root, process.argv.slice(2), signal);
  });
}

function stopOnSignal() {
  const stopping = new AbortController();
  let asked = 0;
  let exitCode = 0;
  for (const [signal, code] of /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])) {
    process.on(signal, () => {
      if (asked && performance.now() - asked > ECHO_MS) process.exit(code);
      asked ||= performance.now();
      exitCode = code;
      stopping.abort();
    });
  }
  return { signal: stopping.signal, exitCode: () => exitCode };
}
