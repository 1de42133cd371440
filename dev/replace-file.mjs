import { renameSync, writeFileSync } from 'node:fs';

/**
 * Writes a file in one step: whoever reads it, also after a kill in the middle, finds the old content or the new one.
 * @param {string} file @param {string} content
 */
export function replaceFile(file, content) {
  writeFileSync(`${file}.new`, content);
  renameSync(`${file}.new`, file);
}
