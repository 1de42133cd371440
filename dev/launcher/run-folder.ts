import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { processIdentity } from '../processes.mjs';
import { dataFolder } from './data-folder.js';
import { endOrphanedPostgres } from './postgres.js';
import { endOrphanedRedis } from './redis.js';

/**
 * A new folder for the servers of this run, named after its process. First removes the folders of killed runs and stops
 * their servers.
 */
export async function runFolder(root: string): Promise<string> {
  const runs = join(dataFolder(root), 'runs');
  mkdirSync(runs, { recursive: true, mode: 0o711 });
  for (const name of readdirSync(runs)) {
    const [pid, identity] = name.split('-');
    if (processIdentity(Number(pid)) === identity) continue;
    await endOrphanedPostgres(join(runs, name, 'postgres'));
    await endOrphanedRedis(join(runs, name, 'redis'));
    rmSync(join(runs, name), { recursive: true, force: true });
  }
  const folder = join(runs, `${process.pid}-${processIdentity(process.pid)}`);
  mkdirSync(folder, { mode: 0o711 });
  return folder;
}
