import { createHash, randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { postgresAccount, reachable } from './account.js';

/**
 * The data folder of the private servers: `.local/`. If the account that PostgreSQL runs as cannot reach that folder, it
 * is a folder under /var/tmp instead, whose path is kept in `.local/data-folder` for the next start.
 * @param root the project's folder
 */
export function dataFolder(root: string): string {
  const local = join(realpathSync(root), '.local');
  mkdirSync(local, { recursive: true, mode: 0o711 });
  if (reachable(local, postgresAccount(join(local, 'postgres')))) return local;
  return outsideClone(local);
}

/** The content of `.local/data-folder`: where the data is, and the `.local` folder of the clone that it belongs to. */
interface Pointer {
  home: string;
  local: string;
}

function outsideClone(local: string): string {
  const pointer = join(local, 'data-folder');
  const remembered = existsSync(pointer) ? (JSON.parse(readFileSync(pointer, 'utf8')) as Pointer) : null;
  // A moved clone keeps its data. A copied clone gets a new folder: the data belongs to the original.
  if (
    remembered &&
    (remembered.local === local || !existsSync(remembered.local)) &&
    existsSync(remembered.home)
  ) {
    writeFileSync(pointer, JSON.stringify({ home: remembered.home, local }));
    return remembered.home;
  }
  const home = `/var/tmp/gemini-chat-${createHash('sha256').update(local).digest('hex').slice(0, 12)}`;
  requireOwnFolder(home);
  writeFileSync(pointer, JSON.stringify({ home, local }));
  return home;
}

/** Every user can create a folder under /var/tmp: this one must belong to root, and only root may write to it. */
function requireOwnFolder(home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o711 });
  const stat = lstatSync(home);
  if (!stat.isDirectory() || stat.uid !== 0 || stat.mode & 0o022) {
    throw new Error(`${home} is needed for the private database but belongs to another user: remove it.`);
  }
}

/** A secret that is generated once and kept in a file that only its owner can read. */
export function keptSecret(file: string, bytes = 32): string {
  try {
    writeFileSync(file, randomBytes(bytes).toString('base64url'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(file, 'utf8').trim();
}
