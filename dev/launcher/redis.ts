import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type Daemon, endProcess, orphan, startDaemon, tail } from './daemon.js';
import { freePort } from './free-port.js';
import { findRedis } from './redis-binary.js';
import { keptSecret } from './data-folder.js';
import { eventually } from './wait.js';

/** Includes the time to load a large append-only file. */
const START_MS = 30_000;
const ATTEMPTS = 3;
const STOP: [NodeJS.Signals, number][] = [
  ['SIGTERM', 10_000],
  ['SIGKILL', 3000],
];

export interface PrivateRedis {
  url: string;
  exited: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts a private Redis on a free port of 127.0.0.1; one that a killed parent left behind in the folder is stopped first.
 * @param folder for this server alone: data, password, log
 * @param cache where Redis itself is kept if it has to be fetched
 * @throws Failure if there is no Redis to run; Error with the end of its log when it does not come up
 */
export async function startRedis(folder: string, cache: string): Promise<PrivateRedis> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const base = realpathSync(folder);
  const { command, env } = await findRedis(cache);
  const password = keptSecret(join(base, 'password'));
  await endOrphanedRedis(base);
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const server = launch(base, port, password, command, env);
    await eventually(async () => !server.running() || (await isReady(port, password)), START_MS);
    if (server.running() && (await isReady(port, password))) {
      return {
        url: `redis://:${password}@127.0.0.1:${port}`,
        exited: server.exited,
        stop: () => endProcess(server.pid, STOP),
      };
    }
    if (server.running()) await endProcess(server.pid, STOP);
    const output = tail(join(base, 'redis.log'));
    if (attempt === ATTEMPTS || !output.includes('bind')) {
      throw new Error(`The private Redis ${await server.exited}. The end of ${base}/redis.log:\n${output}`);
    }
  }
}

/** Ends the server that a killed parent left behind in the folder, if there is one. */
export async function endOrphanedRedis(folder: string): Promise<void> {
  const pid = orphan(join(folder, 'redis.pid'), folder);
  if (pid !== null) await endProcess(pid, STOP);
}

function launch(
  base: string,
  port: number,
  password: string,
  command: string,
  env: NodeJS.ProcessEnv | undefined,
): Daemon {
  // A file, because every user of the machine can read a command line, and with it the password.
  const settings = [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    `dir ${JSON.stringify(base)}`,
    `pidfile ${JSON.stringify(join(base, 'redis.pid'))}`,
    'appendonly yes',
    'save ""',
    'maxmemory-policy noeviction',
    'databases 512',
  ];
  writeFileSync(join(base, 'redis.conf'), `${settings.join('\n')}\n`, { mode: 0o600 });
  const logFile = join(base, 'redis.log');
  rmSync(logFile, { force: true });
  return startDaemon({
    command,
    args: [join(base, 'redis.conf')],
    folder: base,
    logFile,
    env: env ?? process.env,
    lastSignal: 'SIGTERM',
  });
}

/** Whether the server accepts commands: not before it listens, nor while it loads its data. */
async function isReady(port: number, password: string): Promise<boolean> {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    password,
    lazyConnect: true,
    connectTimeout: 1000,
    commandTimeout: 1000,
    enableReadyCheck: false,
    retryStrategy: () => null,
  });
  // A refused connection is an expected result here, and `connect` and `ping` reject with it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}
