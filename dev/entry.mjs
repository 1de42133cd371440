import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare } from './prepare.mjs';
import { fail } from './step.mjs';

/** npm forwards a terminal's Ctrl-C to its child, which got it already: a second signal within this time is that copy. */
const DUPLICATE_MS = 500;

/**
 * Runs a task in the project's folder. The first Ctrl-C or SIGTERM aborts its signal, so that it stops in order; the
 * second one exits at once.
 * @param {(root: string, signal: AbortSignal) => Promise<number>} task resolves to the exit code
 */
export async function runTask(task) {
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
 * Prepares the clone and runs a compiled program.
 * @param {string} program the file below dist-dev, whose `main(root, args, signal)` resolves to the exit code
 * @param {(root: string) => Promise<void>} [before] checks that need no preparation
 * @param {(root: string, signal: AbortSignal) => Promise<void>} [build] makes the program runnable
 */
export async function main(program, before = async () => undefined, build = prepare) {
  await runTask(async (root, signal) => {
    await before(root);
    await build(root, signal);
    const compiled = await import(pathToFileURL(join(root, 'dist-dev', program)).href);
    return compiled.main(root, process.argv.slice(2), signal);
  });
}

function stopOnSignal() {
  const stopping = new AbortController();
  let firstAt = 0;
  let exitCode = 0;
  for (const [signal, code] of /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])) {
    process.on(signal, () => {
      if (firstAt && performance.now() - firstAt > DUPLICATE_MS) process.exit(code);
      firstAt ||= performance.now();
      exitCode = code;
      stopping.abort();
    });
  }
  return { signal: stopping.signal, exitCode: () => exitCode };
}
