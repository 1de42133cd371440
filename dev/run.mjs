import { spawn } from 'node:child_process';
import { Failure } from './failure.mjs';

/**
 * Runs a program to its end; an abort ends the program and its children first and then rejects.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean, signal?: AbortSignal }} [options] show: its output goes to the terminal
 * @returns {Promise<{ code: number, output: string }>} exit code and, unless shown, everything it printed
 */
export function run(command, args, { cwd, env = process.env, show = false, signal } = {}) {
  const out = show ? 'inherit' : 'pipe';
  // A group of its own: Ctrl-C does not reach it on its own, and ending the group reaches grandchildren too.
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', out, out] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (/** @type {Buffer} */ chunk) => (output += chunk));
  const end = () => child.pid && signalGroup(child.pid, 'SIGTERM');
  const endWithUs = () => child.pid && signalGroup(child.pid, 'SIGKILL');
  process.once('exit', endWithUs);
  if (signal?.aborted) end();
  signal?.addEventListener('abort', end);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      signal?.removeEventListener('abort', end);
      process.off('exit', endWithUs);
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
 * Signals a process and all its descendants that stayed in its group. One that is gone already is no error.
 * @param {number} pid the group's leader
 * @param {NodeJS.Signals} signal
 */
export function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
  }
}
