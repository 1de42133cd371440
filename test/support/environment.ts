import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { runFolder } from '../../dev/launcher/run-folder.js';
import { createGeminiSandbox, type GeminiSandbox } from '../../dev/sandbox/gemini/create-gemini-sandbox.js';
import { Client } from './client.js';
import { buildUser, type SignedIn } from './factories.js';
import { FaultyPostgres } from './faulty-postgres.js';
import { FaultyRedis } from './faulty-redis.js';
import { freePort } from '../../dev/launcher/free-port.js';
import { requireNothingLeaked } from './secrets.js';
import { Slot } from './slot.js';
import { DEFAULTS } from './system.js';

export interface EnvironmentOptions {
  apis?: number;
  workers?: number;
  env?: Record<string, string>;
  chunkDelayMs?: number;
  /** The folder of the compiled product. */
  dist?: string;
}

/** A process that answers at `url`: a worker only for its operators. */
export interface ServingSlot extends Slot {
  url: string;
}

/** The whole product as real processes, with a PostgreSQL and a Redis of its own: everything in it may be killed. */
export class Environment {
  readonly apis: ServingSlot[] = [];
  readonly workers: ServingSlot[] = [];

  private constructor(
    readonly folder: string,
    readonly postgres: FaultyPostgres,
    readonly redis: FaultyRedis,
    readonly gemini: GeminiSandbox,
    readonly env: Record<string, string>,
  ) {}

  static async start(options: EnvironmentOptions = {}): Promise<Environment> {
    const root = process.cwd();
    const folder = await runFolder(root);
    const postgres = await FaultyPostgres.start(root, join(folder, 'postgres'));
    const redis = await FaultyRedis.start(root, join(folder, 'redis'));
    const gemini = createGeminiSandbox({ chunkDelayMs: options.chunkDelayMs ?? 10 });
    const env = {
      ...DEFAULTS,
      LOG_LEVEL: 'warn',
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      GEMINI_BASE_URL: await gemini.listen(),
      FAILPOINTS: 'none',
      ...options.env,
    };
    const environment = new Environment(folder, postgres, redis, gemini, env);
    await environment.fill(options);
    return environment;
  }

  get db(): pg.Pool {
    return this.postgres.db;
  }

  get processes(): Slot[] {
    return [...this.apis, ...this.workers];
  }

  client(user: SignedIn, api: number): Client {
    const slot = this.apis[api % this.apis.length];
    if (!slot) throw new Error('there is no API process');
    return new Client(slot.url, user.accessToken);
  }

  /** A verified person with a session of their own, made in the database. */
  user(overrides: Parameters<typeof buildUser>[2] = {}): Promise<SignedIn> {
    return buildUser(this.db, this.env, overrides);
  }

  /** @throws Error when a process printed a secret */
  async stop(): Promise<void> {
    await Promise.all(this.processes.map((slot) => slot.stop()));
    await this.gemini.close();
    await this.postgres.stop();
    await this.redis.stop();
    rmSync(this.folder, { recursive: true, force: true });
    requireNothingLeaked();
  }

  private async fill({ apis = 2, workers = 3, dist = 'dist' }: EnvironmentOptions): Promise<void> {
    for (let i = 0; i < apis; i += 1) this.apis.push(await this.place(`api ${i}`, `${dist}/main.js`, 'PORT'));
    for (let i = 0; i < workers; i += 1)
      this.workers.push(await this.place(`worker ${i}`, `${dist}/worker.js`, 'WORKER_HEALTH_PORT'));
    try {
      await Promise.all(this.processes.map((slot) => slot.start()));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }
  private async place(name: string, entry: string, portSetting: string): Promise<ServingSlot> {
    const port = String(await freePort());
    const slot = new Slot(name, entry, { ...this.env, [portSetting]: port });
    return Object.assign(slot, { url: `http://127.0.0.1:${port}` });
  }
}
