import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { postgresAccount, reachable } from './account.js';

/**
 * Where the private servers keep their data: `.local/`, or, where root's clone lies in a folder closed to the account
 * PostgreSQL runs as, a folder under /var/tmp, whose name is kept in `.local/data-folder` for the next start.
 * @param root the project's folder
 */
export function dataHome(root: string): string {
  const local = join(realpathSync(root), '.local');
  mkdirSync(local, { recursive: true, mode: 0o711 });
  if (reachable(local, postgresAccount(join(local, 'postgres')))) return local;
  return elsewhere(local);
}

/** Where the data is, and whose it is. */
interface Pointer {
  home: string;
  local: string;
}

function elsewhere(local: string): string {
  const pointer = join(local, 'data-folder');
  const remembered = existsSync(pointer) ? (JSON.parse(readFileSync(pointer, 'utf8')) as Pointer) : null;
  // The clone was moved: its data is still there. (A clone that was copied leaves the data to its original.)
  if (
    remembered &&
    (remembered.local === local || !existsSync(remembered.local)) &&
    existsSync(remembered.home)
  ) {
    writeFileSync(pointer, JSON.stringify({ home: remembered.home, local }));
    return remembered.home;
  }
  const home = `/var/tmp/gemini-chat-${createHash('sha256').update(local).digest('hex').slice(0, 12)}`;
  claim(home);
  writeFileSync(pointer, JSON.stringify({ home, local }));
  return home;
}

/** Anybody may create names under /var/tmp: take the folder only if it is new or was root's own all along. */
function claim(home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o711 });
  const stat = lstatSync(home);
  if (!stat.isDirectory() || stat.uid !== 0 || stat.mode & 0o022) {
    throw new Error(`${home} is needed for the private database but belongs to somebody else: remove it.`);
  }
}
