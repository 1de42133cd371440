import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * A digest of the inputs of a step: files and whole folders, by name and content.
 * @param {string} root the project's folder
 * @param {string[]} paths in that folder; a missing one counts as empty
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
 * Does the work unless the stamp says that it was done with the same input. The stamp is removed before the work and
 * written after its success, so that an interrupted step is repeated.
 * @param {string} file the stamp, best inside the output of the step: removed together with it
 * @param {string} value the digest of the present input
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

/**
 * Replaces a file atomically: a reader, also after a kill in between, gets the old content or the new one.
 * @param {string} file @param {string} content
 */
export function replaceFile(file, content) {
  writeFileSync(`${file}.new`, content);
  renameSync(`${file}.new`, file);
}
