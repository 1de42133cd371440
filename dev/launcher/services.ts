import { join } from 'node:path';
import { type PrivatePostgres, startPostgres } from './postgres.js';
import { type PrivateRedis, startRedis } from './redis.js';

/** The content may be lost: no waiting for the disk. */
const THROWAWAY = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=300'];

export interface PrivateServices {
  postgres: PrivatePostgres;
  redis: PrivateRedis;
  stop(): Promise<void>;
}

/**
 * A PostgreSQL and a Redis of their own for tests and measurements.
 * @param root the project's folder
 * @param folder a new folder, which the caller removes afterwards
 * @param settings additional ones of PostgreSQL, as `name=value`
 */
export async function startThrowawayServices(
  root: string,
  folder: string,
  settings: string[] = [],
): Promise<PrivateServices> {
  const [postgres, redis] = await Promise.allSettled([
    startPostgres({ root, folder: join(folder, 'postgres'), settings: [...THROWAWAY, ...settings] }),
    startRedis(join(folder, 'redis'), join(root, '.local', 'cache')),
  ]);
  const started = [postgres, redis].flatMap((result) =>
    result.status === 'fulfilled' ? [result.value] : [],
  );
  const stop = async () => void (await Promise.all(started.map((server) => server.stop())));
  if (postgres.status === 'fulfilled' && redis.status === 'fulfilled') {
    return { postgres: postgres.value, redis: redis.value, stop };
  }
  await stop();
  throw [postgres, redis].find((result) => result.status === 'rejected')?.reason;
}
