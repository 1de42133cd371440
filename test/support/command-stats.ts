import type { Redis } from 'ioredis';

/** How often each command was called since the start of Redis or its last `CONFIG RESETSTAT`: the calls of scripts too. */
export async function commandCalls(redis: Redis): Promise<Map<string, number>> {
  const stats = await redis.info('commandstats');
  const lines = stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm);
  return new Map([...lines].map(([, name = '', calls]) => [name, Number(calls)]));
}
