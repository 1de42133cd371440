import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { processIdentity } from './process-identity.mjs';
import { replaceFile } from './replace-file.mjs';

/** How long a process of a killed launcher, which ends on its own, is given to do so. */
const GRACE_MS = 3000;

/** @param {string} root */
const record = (root) => join(root, '.local', 'processes.json');

/**
 * Remembers the processes that run now, for the start after a launcher that was killed.
 * @param {string} root the project's folder
 * @param {{ name: string, pid: number }[]} running
 */
export function rememberProcesses(root, running) {
  const processes = running.map(({ name, pid }) => ({ name, pid, identity: processIdentity(pid) }));
  replaceFile(record(root), JSON.stringify(processes));
}

/**
 * Ends what a killed launcher left running in this clone, so that its port and its work are free.
 * @param {string} root the project's folder
 */
export async function endLeftovers(root) {
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
