import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { replaceFile } from './replace-file.mjs';

/**
 * A digest of everything a step reads: files and whole folders, by name and content.
 * @param {string} root the project's folder
 * @param {string[]} paths in that folder; those that do not exist count as empty
 * @param {(path: string) => boolean} [skip]
 * @returns {string}
 */
export function digest(root, paths, skip = () => false) {
  const hash = createHash('sha256').update(`${process.version} ${process.platform} ${process.arch}`);
  for (const path of paths) add(hash, root, path, skip);
  return hash.digest('hex');
}

/** @param {import('node:crypto').Hash} hash @param {string} root @param {string} path @param {(path: string) => boolean} skip */
function add(hash, root, path, skip) {
  const full = join(root, path);
  const stat = statSync(full, { throwIfNoEntry: false });
  if (!stat || skip(path)) return;
  if (stat.isDirectory())
    for (const name of readdirSync(full).sort()) add(hash, root, join(path, name), skip);
  else hash.update(`\0${path}\0`).update(readFileSync(full));
}

/**
 * Does the work unless the stamp says that it was done on the same input. The stamp goes before the work and comes
 * back after its success only, so that an interrupted step is done again.
 * @param {string} file where the stamp is kept, best inside what the step makes: gone with it
 * @param {string} value what the step's input looks like now
 * @param {() => Promise<void>} work
 */
export async function unlessStamped(file, value, work) {
  if (isStamped(file, value)) return;
  rmSync(file, { force: true });
  await work();
  writeStamp(file, value);
}

/** @param {string} file @param {string} value @returns {boolean} */
export function isStamped(file, value) {
  try {
    return readFileSync(file, 'utf8') === value;
  } catch {
    return false;
  }
}

/** @param {string} file @param {string} value */
export function writeStamp(file, value) {
  mkdirSync(dirname(file), { recursive: true });
  replaceFile(file, value);
}
