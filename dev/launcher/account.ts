import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Account {
  uid: number;
  gid: number;
}

/**
 * The account that PostgreSQL runs as, since it refuses root: the owner of the data, else `postgres`, else `nobody`.
 * Undefined when this process is not root: then PostgreSQL runs as the same user.
 */
export function postgresAccount(dataFolder: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(dataFolder, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return lookUp('postgres') ?? lookUp('nobody') ?? fail();
}

function lookUp(name: string): Account | undefined {
  const id = (flag: string) =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined; // no such user
  }
}

function fail(): never {
  throw new Error(
    'PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody` to run it as.',
  );
}

/** Whether that account may enter the folder and its parents: a clone in root's home is closed to other users. */
export function reachable(folder: string, account: Account | undefined): boolean {
  if (!account) return true;
  const stat = statSync(folder, { throwIfNoEntry: false });
  const bit = stat?.uid === account.uid ? 0o100 : stat?.gid === account.gid ? 0o010 : 0o001;
  if (stat && !(stat.mode & bit)) return false;
  return dirname(folder) === folder || reachable(dirname(folder), account);
}
