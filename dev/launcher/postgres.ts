import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Account, postgresAccount } from './account.js';
import { type Daemon, endProcess, orphan, readOrEmpty, startDaemon, tail } from './daemon.js';
import { freePort } from './free-port.js';
import { postgresBinaries } from './postgres-binaries.js';
import { keptSecret } from './data-folder.js';
import { eventually } from './wait.js';

const execute = promisify(execFile);

/** Long enough for a recovery after a crash. */
const START_MS = 60_000;
/** Fast shutdown, immediate shutdown, kill. */
const STOP: [NodeJS.Signals, number][] = [
  ['SIGINT', 10_000],
  ['SIGQUIT', 3000],
  ['SIGKILL', 3000],
];
/** PostgreSQL's own Unicode locale: the same on every system. */
const INITDB = [
  '--auth=scram-sha-256',
  '--username=postgres',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
];

export interface PrivatePostgres {
  /** The superuser's URL of one of its databases, on 127.0.0.1, with a password generated for this cluster. */
  url(database: string): string;
  exited: Promise<string>;
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** The project's folder, whose node_modules hold the binaries. */
  root: string;
  /** A folder for this server alone: data, password, log. The account it runs as must be able to reach it. */
  folder: string;
  /** Additional settings, as `name=value`. */
  settings?: string[];
}

/**
 * Starts a private PostgreSQL on a free port of 127.0.0.1, creating its cluster the first time; a server that a killed
 * parent left behind in the folder is stopped first.
 * @throws Error with the end of the server's log when it does not come up
 */
export async function startPostgres({
  root,
  folder,
  settings = [],
}: PostgresOptions): Promise<PrivatePostgres> {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const base = realpathSync(folder);
  const data = join(base, 'data');
  const account = postgresAccount(data);
  const bin = postgresBinaries(root, base, account);
  const password = keptSecret(join(base, 'password'));
  if (!existsSync(data)) await createCluster(bin, base, password, account);
  await endOrphanedPostgres(base);
  const log = join(base, 'postgres.log');
  const { port, server } = await start({ bin, data, log, account, settings });
  return {
    url: (database) => `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`,
    exited: server.exited,
    stop: () => endProcess(server.pid, STOP),
  };
}

async function createCluster(
  bin: string,
  base: string,
  password: string,
  account: Account | undefined,
): Promise<void> {
  // Created under another name: an interrupted initdb leaves nothing that looks like a cluster.
  const fresh = join(base, 'data.new');
  const passwordFile = join(base, 'password.initdb');
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account) for (const path of [fresh, passwordFile]) chownSync(path, account.uid, account.gid);
  try {
    await execute(join(bin, 'initdb'), [`--pgdata=${fresh}`, `--pwfile=${passwordFile}`, ...INITDB], {
      cwd: base,
      ...account,
    });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(fresh, join(base, 'data'));
}

interface Server {
  bin: string;
  data: string;
  log: string;
  account: Account | undefined;
  settings: string[];
}

async function start(options: Server): Promise<{ port: number; server: Daemon }> {
  const end = performance.now() + START_MS;
  for (;;) {
    const port = await freePort();
    const server = launch(options, port);
    const isReady = () => statusLine(options.data, server.pid) === 'ready';
    await eventually(() => !server.running() || isReady(), end - performance.now());
    if (server.running() && isReady()) return { port, server };
    if (server.running()) await endProcess(server.pid, STOP);
    const output = tail(options.log);
    // The port was taken meanwhile, or the last processes of a killed server have not exited yet: both are temporary.
    const temporary = /could not bind|shared memory block|lock file "postmaster.pid" already exists/.test(
      output,
    );
    if (!temporary || performance.now() > end) {
      throw new Error(`The private PostgreSQL ${await server.exited}. The end of ${options.log}:\n${output}`);
    }
    await pause(200);
  }
}

function launch({ bin, data, log, account, settings }: Server, port: number): Daemon {
  const all = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', ...settings];
  rmSync(log, { force: true });
  const args = ['-D', data, '-p', String(port), ...all.flatMap((setting) => ['-c', setting])];
  return startDaemon({
    command: join(bin, 'postgres'),
    args,
    folder: data,
    logFile: log,
    account,
    lastSignal: 'SIGQUIT',
  });
}

/** The server writes its state into line 8 of its pid file; another process id means the file of an earlier server. */
function statusLine(data: string, pid: number): string | undefined {
  const lines = readOrEmpty(join(data, 'postmaster.pid')).split('\n');
  return Number(lines[0]) === pid ? lines[7]?.trim() : undefined;
}

/** Ends the server that a killed parent left behind in the folder, if there is one. */
export async function endOrphanedPostgres(folder: string): Promise<void> {
  const data = join(folder, 'data');
  const pidFile = join(data, 'postmaster.pid');
  const pid = orphan(pidFile, data);
  if (pid !== null) await endProcess(pid, STOP);
  // If the id belongs to an unrelated process by now, PostgreSQL would take that process for a running server.
  rmSync(pidFile, { force: true });
}
