import { linkSync, mkdirSync, readFileSync, rmSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { processIdentity } from './processes.mjs';

/** Removing the lock of an exited owner takes microseconds: a guard older than this belongs to an interrupted removal. */
const STALE_GUARD_MS = 10_000;

/**
 * Takes the lock file, also if its owner no longer runs. (Own code: this runs before packages are installed.)
 * @param {string} file
 * @returns {{ release(): void } | { owner: number }} the lock, or the process id of its running owner
 */
export function tryLock(file) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = `${file}.${process.pid}`;
  const content = JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid) });
  writeFileSync(mine, content);
  try {
    for (;;) {
      if (created(() => linkSync(mine, file))) return { release: () => release(file, content) };
      const owner = runningOwner(file);
      if (owner !== null) return { owner };
      removeStale(file);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/**
 * Waits for the lock while its owner runs.
 * @param {string} file
 * @param {(owner: number) => void} onWait called once, before the first wait
 */
export async function lock(file, onWait) {
  for (let waited = false; ; waited = true) {
    const taken = tryLock(file);
    if ('release' in taken) return taken;
    if (!waited) onWait(taken.owner);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** @param {() => void} create @returns {boolean} false when it exists already */
function created(create) {
  try {
    create();
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/** @param {string} file @param {string} content */
function release(file, content) {
  if (read(file) === content) rmSync(file, { force: true });
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** @param {string} file @returns {number | null} */
function runningOwner(file) {
  try {
    const { pid, identity } = JSON.parse(read(file));
    return processIdentity(pid) === identity ? pid : null;
  } catch {
    return null; // removed, or not written by this module: no owner to wait for
  }
}

/** One process at a time checks again and removes: otherwise two could remove each other's new lock. @param {string} file */
function removeStale(file) {
  const guard = `${file}.takeover`;
  if (!created(() => mkdirSync(guard))) {
    const age = Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > STALE_GUARD_MS) rmdirSync(guard);
    return;
  }
  try {
    if (runningOwner(file) === null) rmSync(file, { force: true });
  } finally {
    rmdirSync(guard);
  }
}
