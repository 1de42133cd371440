import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/**
 * The settings as the product reads them: the environment before the `.env` file; an empty value counts as unset.
 * @param {string} root the project's folder
 * @returns {Record<string, string>}
 */
export function readSettings(root) {
  const file = join(root, '.env');
  const fromFile = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  const set = Object.entries({ ...filled(fromFile), ...filled(process.env) });
  return Object.fromEntries(set);
}

/** @param {Record<string, string | undefined>} values @returns {Record<string, string>} */
function filled(values) {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value?.trim() ? [[name, value]] : [])),
  );
}
