import { rmSync } from 'node:fs';
import { runFolder } from '../../dev/launcher/run-folder.js';
import { startThrowawayServices } from '../../dev/launcher/services.js';
import { makeTemplate } from '../../dev/launcher/template-database.js';
import type { Servers } from './databases.js';

/**
 * Runs `work` on a PostgreSQL and a Redis made for it, so that what happens there is nobody else's.
 * @param settings of PostgreSQL, as `name=value`
 */
export async function withServers<T>(
  root: string,
  signal: AbortSignal,
  work: (servers: Servers) => Promise<T>,
  settings: string[] = [],
): Promise<T> {
  const folder = await runFolder(root);
  try {
    const services = await startThrowawayServices(root, folder, settings);
    try {
      await makeTemplate(root, services.postgres, signal);
      return await work({ databaseUrl: services.postgres.url('postgres'), redisUrl: services.redis.url });
    } finally {
      await services.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
