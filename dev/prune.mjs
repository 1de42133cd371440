// Deletes what packages bring and this project never reads; runs after every `npm ci`, and with `--production` in the
// image, where types, source maps and documents are not read either.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The client for PostgreSQL in its small build (prisma/schema.prisma) reads a tenth of the runtimes: the rest is 60 MB. */
const OTHER_RUNTIMES = /cockroachdb|mysql|sqlite|sqlserver|_fast_|wasm-compiler-edge/;
const UNREAD_IN_PRODUCTION = /\.map$|\.d\.[cm]?ts$|\.md$/;
const LICENCE = /^(licen[cs]e|notice|copying)/i;

const modules = join(import.meta.dirname, '..', 'node_modules');
remove('@prisma/client/runtime', (name) => OTHER_RUNTIMES.test(name));
if (process.argv.includes('--production')) {
  remove('.', (name) => UNREAD_IN_PRODUCTION.test(name) && !LICENCE.test(name));
}

/** @param {string} folder @param {(name: string) => boolean} isUnread by the file's name */
function remove(folder, isUnread) {
  for (const entry of readdirSync(join(modules, folder), { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && isUnread(entry.name)) rmSync(join(entry.parentPath, entry.name));
  }
}
