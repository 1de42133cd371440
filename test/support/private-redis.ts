import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { findRedis } from '../../dev/launcher/redis-binary.js';
import { eventually } from './eventually.js';
import { freePort } from '../../dev/launcher/free-port.js';

const CACHE = path.resolve(__dirname, '../../.local/cache');

type Settings = Record<string, string | string[]>;

/** A Redis of one test's own, to be flushed, frozen, killed and started again: empty, since it keeps nothing on disk. */
export class PrivateRedis {
  private process?: ChildProcess;
  /** Of its own: a replica and a node of a cluster write files. */
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'redis-'));

  private constructor(
    private readonly port: number,
    private readonly settings: Settings = {},
  ) {}

  /** @param settings of redis.conf */
  static async start(settings: Settings = {}): Promise<PrivateRedis> {
    const redis = new PrivateRedis(await freePort(), settings);
    await redis.launch();
    return redis;
  }

  /** A Redis Cluster that wants a password: one node with every slot, known to its cluster by another address than ours. */
  static async startCluster(): Promise<PrivateRedis> {
    const password = randomUUID();
    const settings = {
      requirepass: password,
      bind: ['127.0.0.1', '127.0.0.2'],
      'cluster-enabled': 'yes',
      'cluster-announce-ip': '127.0.0.2',
      'cluster-port': String(await freePort()),
    };
    const redis = new PrivateRedis(await freePort(), settings);
    await redis.launch();
    const client = new Redis(redis.url);
    await client.cluster('ADDSLOTSRANGE', 0, 16_383);
    await eventually('the cluster is whole', async () =>
      String(await client.cluster('INFO')).includes('cluster_state:ok'),
    );
    client.disconnect();
    return redis;
  }

  get url(): string {
    const { requirepass } = this.settings;
    return `redis://${requirepass ? `:${String(requirepass)}@` : ''}127.0.0.1:${this.port}/0`;
  }

  /** Starts it (again), on the same port, and waits until it answers. */
  async launch(): Promise<void> {
    const { command, env } = await findRedis(CACHE);
    const settings = [
      ...['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder],
      ...['--save', '', '--appendonly', 'no'],
    ];
    const more = Object.entries(this.settings).flatMap(([name, value]) => [`--${name}`, value].flat());
    this.process = spawn(command, [...settings, ...more], {
      stdio: 'ignore',
      env: env ?? process.env,
    });
    const client = new Redis(this.url, { maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    await eventually('Redis answers', async () => (await client.ping()) === 'PONG');
    client.disconnect();
  }

  /** No goodbye, nothing kept. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Its folder is gone: what it keeps on disk cannot be written any more. */
  loseFolder(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  freeze(): void {
    this.process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.process?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    this.thaw();
    await this.end('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { process } = this;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    process.kill(signal);
    await once(process, 'exit');
  }
}

/** How often each command was called since the start of Redis or its last `CONFIG RESETSTAT`: the calls of scripts too. */
export async function commandCalls(redis: Redis): Promise<Map<string, number>> {
  const stats = await redis.info('commandstats');
  const lines = stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm);
  return new Map([...lines].map(([, name = '', calls]) => [name, Number(calls)]));
}
