import { spawn } from 'node:child_process';

/** The interval at which a running step prints its duration. */
const REMIND_MS = 10_000;

/** An error that the user can fix: shown as its message, without a stack. */
export class Failure extends Error {
  /** @override */
  name = 'Failure';
}

/**
 * Prints the error (a Failure as its message, any other with its stack) and exits.
 * @param {unknown} error
 * @returns {never}
 */
export function fail(error) {
  // By its name: a compiled program has a class of its own, made from the copy of this file in dist-dev.
  const isFailure = error instanceof Error && error.name === 'Failure';
  console.error(isFailure ? `\n${error.message}` : error);
  process.exit(1);
}

/**
 * Runs one long step and prints its name, its progress and its duration.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(name, work) {
  const began = performance.now();
  const seconds = () => ((performance.now() - began) / 1000).toFixed(1);
  console.log(`- ${name} ...`);
  const reminder = setInterval(() => console.log(`  ${name}: ${seconds()} s`), REMIND_MS);
  try {
    const result = await work();
    console.log(`  ${name}: done in ${seconds()} s`);
    return result;
  } finally {
    clearInterval(reminder);
  }
}

/**
 * Runs a program until it exits; an abort terminates the program and its children and then rejects.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean, signal?: AbortSignal }} [options] show: the output goes to the terminal
 * @returns {Promise<{ code: number, output: string }>} the exit code and, unless shown, the output
 */
export function run(command, args, { cwd, env = process.env, show = false, signal } = {}) {
  const out = show ? 'inherit' : 'pipe';
  // A process group of its own: it does not get Ctrl-C from the terminal, and a signal to it reaches grandchildren too.
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', out, out] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (/** @type {Buffer} */ chunk) => (output += chunk));
  const terminate = () => child.pid && signalGroup(child.pid, 'SIGTERM');
  const killOnExit = () => child.pid && signalGroup(child.pid, 'SIGKILL');
  process.once('exit', killOnExit);
  if (signal?.aborted) terminate();
  signal?.addEventListener('abort', terminate);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      signal?.removeEventListener('abort', terminate);
      process.off('exit', killOnExit);
      if (signal?.aborted) reject(new Failure('Stopped.'));
      else
        resolve({
          code: code ?? 1,
          output: killedBy ? `${output}\n${command} was ended by ${killedBy}` : output,
        });
    });
  });
}

/**
 * Sends a signal to a process group. A group without processes is no error.
 * @param {number} pid the leader of the group
 * @param {NodeJS.Signals} signal
 */
function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
  }
}
