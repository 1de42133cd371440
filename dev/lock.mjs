import { linkSync, mkdirSync, readFileSync, rmSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { processIdentity } from './process-identity.mjs';

/** A takeover of a dead owner's lock lasts microseconds; one older than this was itself interrupted. */
const TAKEOVER_MS = 10_000;

/**
 * Takes the lock file, also from an owner that no longer runs.
 * @param {string} file
 * @returns {{ release(): void } | { owner: number }} the lock, or the id of the live process that holds it
 */
export function tryLock(file) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = `${file}.${process.pid}`;
  const content = JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid) });
  writeFileSync(mine, content);
  try {
    for (;;) {
      if (created(() => linkSync(mine, file))) return { release: () => release(file, content) };
      const owner = liveOwner(file);
      if (owner !== null) return { owner };
      removeStale(file);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/**
 * Waits for the lock as long as its owner lives, telling once that it waits.
 * @param {string} file
 * @param {(owner: number) => void} onWait
 */
export async function lock(file, onWait) {
  for (let waited = false; ; waited = true) {
    const taken = tryLock(file);
    if ('release' in taken) return taken;
    if (!waited) onWait(taken.owner);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** @param {() => void} create @returns {boolean} false when it is there already */
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
function liveOwner(file) {
  try {
    const { pid, identity } = JSON.parse(read(file));
    return processIdentity(pid) === identity ? pid : null;
  } catch {
    return null; // gone, or not written by us: no owner that could be waited for
  }
}

/** Two processes that see the same dead owner must not remove each other's new lock: one at a time looks again and removes. @param {string} file */
function removeStale(file) {
  const guard = `${file}.takeover`;
  if (!created(() => mkdirSync(guard))) {
    const age = Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > TAKEOVER_MS) rmdirSync(guard);
    return;
  }
  try {
    if (liveOwner(file) === null) rmSync(file, { force: true });
  } finally {
    rmdirSync(guard);
  }
}
