import { Logger } from '@nestjs/common';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Settings } from '../../config/settings.js';

export type RedisClient = Redis | Cluster;

/**
 * `command`: answers or fails within half a second, whatever Redis does; a command that timed out may still run later.
 * `subscriber`: waits for Redis to come back and subscribes again by itself.
 * `worker`: for BullMQ's workers, whose blocking reads may last.
 */
export type RedisRole = 'command' | 'subscriber' | 'worker';

const ROLES: Record<RedisRole, RedisOptions> = {
  command: { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: 500 },
  subscriber: { autoResubscribe: true, maxRetriesPerRequest: null },
  worker: { maxRetriesPerRequest: null },
};

/** Opens a connection that reconnects for ever. Its loss is logged once, its return too. */
export function connectRedis(settings: Settings, role: RedisRole): RedisClient {
  const options: RedisOptions = {
    ...ROLES[role],
    connectTimeout: 2_000,
    retryStrategy: (times) => Math.min(50 * 2 ** times, 1_000),
    connectionName: `gemini-chat:${role}`,
  };
  const client = settings.REDIS_CLUSTER
    ? new Cluster([settings.REDIS_URL], {
        redisOptions: { ...options, ...credentialsOf(settings.REDIS_URL) },
        enableOfflineQueue: role !== 'command',
      })
    : new Redis(settings.REDIS_URL, options);
  logTransitions(client, role);
  return client;
}

/** Of the address, for every node of its cluster: the others are known by host and port alone. */
function credentialsOf(address: string): RedisOptions {
  const { protocol, username, password } = new URL(address);
  return {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  };
}

function logTransitions(client: RedisClient, role: RedisRole): void {
  const logger = new Logger('Redis');
  let lost = false;
  client.on('error', (error: Error) => {
    if (!lost) logger.warn(`the ${role} connection is lost: ${error.message}`);
    lost = true;
  });
  client.on('ready', () => {
    if (lost) logger.log(`the ${role} connection is back`);
    lost = false;
  });
}
