import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startRedis, type PrivateRedis } from '../../dev/launcher/redis.js';
import { signalAll } from './process-tree.js';
import { TcpProxy } from './tcp-proxy.js';

/** A Redis that may be killed, frozen, flushed and robbed of its data, and comes back under the same address. */
export class FaultyRedis {
  private constructor(
    private readonly root: string,
    private readonly folder: string,
    private server: PrivateRedis,
    private readonly proxy: TcpProxy,
  ) {}

  static async start(root: string, folder: string): Promise<FaultyRedis> {
    const server = await startRedis(folder, cache(root));
    return new FaultyRedis(root, folder, server, await TcpProxy.start(server.url));
  }

  get url(): string {
    return this.proxy.url;
  }

  freeze(): void {
    signalAll([this.pid], 'SIGSTOP');
  }

  thaw(): void {
    signalAll([this.pid], 'SIGCONT');
  }

  async flush(): Promise<void> {
    const redis = new Redis(this.server.url);
    await redis.flushall();
    redis.disconnect();
  }

  async kill(): Promise<void> {
    signalAll([this.pid], 'SIGKILL');
    await this.server.exited;
  }

  /** Starts it again after `kill`, with its data or without. */
  async restart({ empty = false } = {}): Promise<void> {
    if (empty) rmSync(join(this.folder, 'appendonlydir'), { recursive: true, force: true });
    this.server = await startRedis(this.folder, cache(this.root));
    this.proxy.retarget(this.server.url);
  }

  async stop(): Promise<void> {
    this.thaw();
    await this.server.stop();
    await this.proxy.stop();
  }

  private get pid(): number {
    return Number.parseInt(readFileSync(join(this.folder, 'redis.pid'), 'utf8'), 10);
  }
}

const cache = (root: string) => join(root, '.local', 'cache');
