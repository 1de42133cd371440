import { Logger } from '@nestjs/common';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { reasonOf } from '../../common/outage-log.js';
import type { Settings } from '../../config/settings.js';

export type RedisClient = Redis | Cluster;

/**
 * `command`: succeeds or fails within half a second, whatever Redis does; a command that timed out may still run later.
 * `subscriber`: waits for Redis to come back and subscribes again by itself.
 * `worker`: for BullMQ's workers, whose blocking reads may last.
 */
export type RedisRole = 'command' | 'subscriber' | 'worker';

/**
 * A server that does not respond to a command in `socketTimeout` is gone, perhaps without a word to its clients: the connection
 * is closed and opened again, where TCP alone would wait for a quarter of an hour. A worker's blocking read lasts 10 s at most.
 */
const ROLES: Record<RedisRole, RedisOptions> = {
  command: { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: 500, socketTimeout: 3_000 },
  subscriber: { autoResubscribe: true, maxRetriesPerRequest: null, socketTimeout: 5_000 },
  worker: { maxRetriesPerRequest: null, socketTimeout: 15_000 },
};

/**
 * Refusals of a server that is not the primary, or that takes no writes. At the beginning of the message; after a hyphen where
 * Redis 6 refused a command of a script.
 */
const REFUSAL = /(?:^|-)(READONLY|LOADING|MASTERDOWN|NOREPLICAS|MISCONF|UNBLOCKED) /;

/** The event of a client that leaves a server for such a refusal: what else is connected to the server has to leave it too. */
export const LEFT_SERVER = 'left-server';

/** Milliseconds in which a failover is expected to end. A command that is still refused afterwards fails. */
const FAILOVER_WITHIN = 10_000;
/** Milliseconds between two new connections of a role that fails fast: what such a server still answers is of use. */
const LEAVE_AGAIN_AFTER = 1_000;

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
    : new Redis(settings.REDIS_URL.replace(/^unix:\/\//, ''), {
        ...options,
        // It would wait for a former primary that loads the data of the new one, wherever the address leads by then.
        enableReadyCheck: false,
        reconnectOnError: leaveServer(role, () => client.emit(LEFT_SERVER)),
      });
  logTransitions(client, role);
  return client;
}

/**
 * For `reconnectOnError`. After a failover the connection may still lead to the former primary, which refuses writes as a
 * replica, loads the data of the new primary or has lost its replicas: only a new connection to the same address reaches the
 * new primary. (Nodes of a Redis Cluster answer MOVED instead, and the client follows.) A `command` connection must fail fast
 * and has no queue, so its command fails; the other roles send theirs again, unless the failover takes too long: then the
 * caller has to know.
 */
function leaveServer(role: RedisRole, onLeave: () => void): NonNullable<RedisOptions['reconnectOnError']> {
  const logger = new Logger('Redis');
  let failoverBegan = -Infinity;
  let lastRefusal = -Infinity;
  let left = -Infinity;
  return ({ message }) => {
    const refusal = REFUSAL.exec(message)?.[1];
    if (!refusal) return KEEP_CONNECTION;
    const now = performance.now();
    if (now - lastRefusal > FAILOVER_WITHIN) {
      failoverBegan = now;
      logger.error(`the ${role} connection leads to a server that refuses (${refusal}): connecting again`);
    }
    lastRefusal = now;
    if (role === 'command' && now - left < LEAVE_AGAIN_AFTER) return KEEP_CONNECTION;
    left = now;
    onLeave();
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

/** The code of a refusal by Redis, such as `NOPERM` or `READONLY`; null for any other error, which may name an address. */
export function refusalCode(error: unknown): string | null {
  return /^[A-Z]{3,}\b/.exec(reasonOf(error))?.[0] ?? null;
}
