import { Logger } from '@nestjs/common';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Settings } from '../../config/settings.js';

export type RedisClient = Redis | Cluster;

/**
 * `command`: succeeds or fails within half a second, whatever Redis does; a command that timed out may still run later.
 * `subscriber`: waits for Redis to come back and subscribes again by itself.
 * `worker`: for BullMQ's workers, whose blocking reads may last.
 */
export type RedisRole = 'command' | 'subscriber' | 'worker';

const ROLES: Record<RedisRole, RedisOptions> = {
  command: { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: 500 },
  subscriber: { autoResubscribe: true, maxRetriesPerRequest: null },
  worker: { maxRetriesPerRequest: null },
};

/** Milliseconds in which a failover is expected to end. A command that still reaches a replica afterwards fails. */
const FAILOVER_WITHIN = 10_000;

/** What `reconnectOnError` may return. */
const KEEP_CONNECTION = false;
const RECONNECT_AND_FAIL = 1;
const RECONNECT_AND_REPEAT = 2;

/**
 * Opens a connection that reconnects without end. Its loss is logged once, its return too.
 * @param settings the address (`REDIS_URL`) and whether it belongs to a Redis Cluster (`REDIS_CLUSTER`)
 * @param role what the connection is used for
 */
export function connectRedis(
  settings: Pick<Settings, 'REDIS_URL' | 'REDIS_CLUSTER'>,
  role: RedisRole,
): RedisClient {
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
    : new Redis(settings.REDIS_URL, { ...options, reconnectOnError: leaveReplica(role) });
  logTransitions(client, role);
  return client;
}

/**
 * For `reconnectOnError`. After a failover the connection may still lead to the former primary, which now is a replica and
 * refuses writes with READONLY: only a new connection to the same address reaches the new primary. (Nodes of a Redis
 * Cluster answer MOVED instead, and the client follows.) A `command` connection must fail fast and has no queue, so its
 * command fails; the other roles send theirs again, unless the failover takes too long: then the caller has to know.
 */
function leaveReplica(role: RedisRole): NonNullable<RedisOptions['reconnectOnError']> {
  const logger = new Logger('Redis');
  let failoverBegan = -Infinity;
  let lastRefusal = -Infinity;
  return ({ message }) => {
    // Not at the start of the message where a script was refused by Redis 6.
    if (!message.includes('READONLY')) return KEEP_CONNECTION;
    const now = performance.now();
    if (now - lastRefusal > FAILOVER_WITHIN) {
      failoverBegan = now;
      logger.error(`the ${role} connection leads to a read-only replica: connecting again`);
    }
    lastRefusal = now;
    return role === 'command' || now - failoverBegan > FAILOVER_WITHIN
      ? RECONNECT_AND_FAIL
      : RECONNECT_AND_REPEAT;
  };
}

/** The credentials in the address, for every node of its cluster: the other nodes are known by host and port alone. */
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
