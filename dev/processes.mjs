import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from './stamp.mjs';

/** The time for the processes of a killed launcher to exit by themselves. */
const GRACE_MS = 3000;

/** @param {string} root */
const record = (root) => join(root, '.local', 'processes.json');

/**
 * The start time of a process, which distinguishes it from a later one with the same id. Null without such a process.
 * @param {number} pid
 * @returns {string | null}
 */
export function processIdentity(pid) {
  if (process.platform !== 'linux') return output('ps', ['-o', 'lstart=', '-p', String(pid)]);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? null : (fields[18] ?? null);
  } catch {
    return null;
  }
}

/**
 * The working directory of a process. That of PostgreSQL and Redis is their data folder, by which an orphan is recognised.
 * @param {number} pid
 * @returns {string | null}
 */
export function workingDirectory(pid) {
  if (process.platform !== 'linux') {
    return output('lsof', ['-a', '-d', 'cwd', '-p', String(pid), '-Fn'])?.split('\nn')[1] ?? null;
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
function output(command, args) {
  try {
    return (
      execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || null
    );
  } catch {
    return null;
  }
}

/**
 * Records the running processes, for the start after a launcher that was killed.
 * @param {string} root the project's folder
 * @param {{ name: string, pid: number }[]} running
 */
export function recordProcesses(root, running) {
  const processes = running.map(({ name, pid }) => ({ name, pid, identity: processIdentity(pid) }));
  replaceFile(record(root), JSON.stringify(processes));
}

/**
 * Ends the processes that a killed launcher left in this clone, which would use its port and its queues.
 * @param {string} root the project's folder
 */
export async function endRecordedProcesses(root) {
  if (!existsSync(record(root))) return;
  /** @type {{ pid: number, identity: string }[]} */
  const processes = JSON.parse(readFileSync(record(root), 'utf8'));
  const running = () =>
    processes.filter(({ pid, identity }) => identity && processIdentity(pid) === identity);
  for (const { pid } of running()) process.kill(pid, 'SIGTERM');
  for (const end = Date.now() + GRACE_MS; running().length > 0 && Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const { pid } of running()) process.kill(pid, 'SIGKILL');
  rmSync(record(root), { force: true });
}
