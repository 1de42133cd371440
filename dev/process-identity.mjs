import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/**
 * What tells a process from a later one that was given the same id: its start time. Null when there is no such process.
 * @param {number} pid
 * @returns {string | null}
 */
export function processIdentity(pid) {
  if (process.platform !== 'linux') return ask('ps', ['-o', 'lstart=', '-p', String(pid)]);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? null : (fields[18] ?? null);
  } catch {
    return null;
  }
}

/**
 * The folder a process works in. PostgreSQL and Redis work in their data folder, which is how an orphan is known as ours.
 * @param {number} pid
 * @returns {string | null}
 */
export function workingDirectory(pid) {
  if (process.platform !== 'linux') {
    return ask('lsof', ['-a', '-d', 'cwd', '-p', String(pid), '-Fn'])?.split('\nn')[1] ?? null;
  }
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function ask(command, args) {
  try {
    return (
      execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || null
    );
  } catch {
    return null;
  }
}
