import { Redis } from 'ioredis';
import pg from 'pg';
import { createGeminiSandbox, type GeminiSandbox } from '../../dev/sandbox/gemini/create-gemini-sandbox.js';
import { createStripeSandbox, type StripeSandbox } from '../../dev/sandbox/stripe/sandbox.js';
import { Child, productEntry } from './child.js';
import { Client } from './client.js';
import { createDatabase, createRedisDatabase, type Servers } from './databases.js';
import { buildUser, type SignedIn } from './factories.js';
import { freePort } from '../../dev/launcher/free-port.js';
import { requireNothingLeaked } from './secrets.js';

export interface SystemOptions {
  apis?: number;
  workers?: number;
  env?: Record<string, string>;
  /** Multiplies the product's leases, intervals and timeouts, so that a test of what follows them need not wait as long. */
  timeScale?: number;
  /** Milliseconds between two chunks of a Gemini stream. */
  chunkDelayMs?: number;
  /** Other servers than those of `npm test`. */
  servers?: Servers;
}

export interface Api extends Child {
  url: string;
}

/** The whole product as real processes, on a database of its own, with the Gemini and the Stripe sandbox in this process. */
export class System {
  readonly apis: Api[] = [];
  readonly workers: Child[] = [];

  private constructor(
    readonly gemini: GeminiSandbox,
    readonly stripe: StripeSandbox,
    readonly env: Record<string, string>,
    readonly db: pg.Pool,
    readonly redis: Redis,
    private readonly cleanUp: () => Promise<void>,
  ) {}

  static async start(options: SystemOptions = {}): Promise<System> {
    const gemini = createGeminiSandbox({ chunkDelayMs: options.chunkDelayMs ?? 5 });
    const database = await createDatabase(options.servers);
    const env: Record<string, string> = {
      ...DEFAULTS,
      ...(options.timeScale && { TIME_SCALE: String(options.timeScale) }),
      DATABASE_URL: database.url,
      ...options.env,
    };
    env.REDIS_URL ??= await createRedisDatabase(options.servers);
    env.GEMINI_BASE_URL ??= await gemini.listen();
    const stripe = await createStripeSandbox({
      proPriceId: env.STRIPE_PRO_PRICE_ID,
      webhookSecret: env.STRIPE_WEBHOOK_SECRET?.split(',')[0],
    });
    env.STRIPE_API_BASE ??= stripe.url;
    const db = new pg.Pool({ connectionString: database.url, max: 4 });
    db.on('error', () => undefined);
    const redis = new Redis(env.REDIS_URL);
    redis.on('error', () => undefined);
    const system = new System(gemini, stripe, env, db, redis, database.drop);
    try {
      await Promise.all([
        ...Array.from({ length: options.apis ?? 1 }, () => system.startApi()),
        ...Array.from({ length: options.workers ?? 1 }, () => system.startWorker()),
      ]);
    } catch (error) {
      await system.stop();
      throw error;
    }
    return system;
  }

  async startApi(env: Record<string, string> = {}): Promise<Api> {
    const port = String(await freePort());
    const child = await Child.start(productEntry('main'), {
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      ...this.env,
      PORT: port,
      ...env,
    });
    const api = Object.assign(child, { url: `http://127.0.0.1:${port}` });
    this.stripe.world.deliveries.endpoint.url ??= `${api.url}/webhook/stripe`;
    this.apis.push(api);
    return api;
  }

  async startWorker(env: Record<string, string> = {}): Promise<Child> {
    const child = await Child.start(productEntry('worker'), { ...this.env, WORKER_HEALTH_PORT: '0', ...env });
    this.workers.push(child);
    return child;
  }

  /** A client of one of the API processes, not signed in. */
  client(api = 0): Client {
    const { url } = this.apis[api] ?? {};
    if (!url) throw new Error(`there is no API process ${api}`);
    return new Client(url);
  }

  /** A verified person with a session of their own, made in the database. */
  async user(overrides: Parameters<typeof buildUser>[2] = {}): Promise<SignedIn> {
    return buildUser(this.db, this.env, overrides);
  }

  /** A client signed in as a new person. */
  async signedIn(
    overrides: Parameters<typeof buildUser>[2] = {},
    api = 0,
  ): Promise<Client & { user: SignedIn }> {
    const user = await this.user(overrides);
    return Object.assign(this.client(api).as(user.accessToken), { user });
  }

  /** @throws Error when a process printed a secret */
  async stop(): Promise<void> {
    await Promise.all([...this.apis, ...this.workers].map((child) => child.stop()));
    if (this.gemini.server.listening) await this.gemini.close();
    await this.stripe.close();
    this.redis.disconnect();
    await this.db.end();
    await this.cleanUp();
    requireNothingLeaked();
  }
}

export const DEFAULTS: Record<string, string> = {
  NODE_ENV: 'test',
  LOG_LEVEL: 'info',
  HOST: '127.0.0.1',
  JWT_SECRET: 'a-signing-key-of-the-tests-0123456789',
  GEMINI_API_KEY: 'sandbox',
  STRIPE_SECRET_KEY: 'sk_test_sandbox',
  STRIPE_WEBHOOK_SECRET: 'whsec_sandbox',
  STRIPE_PRO_PRICE_ID: 'price_pro',
  OTP_RESEND_SECONDS: '0',
  OTP_MAX_SENDS_PER_IDENTITY_PER_HOUR: '100000',
  OTP_MAX_SENDS_PER_IDENTITY_PER_DAY: '100000',
  OTP_MAX_NEW_IDENTITIES_PER_DAY: '100000',
  RATE_LIMIT_PER_MINUTE: '100000',
  AUTH_RATE_LIMIT_PER_MINUTE: '100000',
  BILLING_RATE_LIMIT_PER_MINUTE: '100000',
  ANONYMOUS_RATE_LIMIT_PER_MINUTE: '100000',
  MAX_CONCURRENT_REQUESTS_PER_USER: '100000',
  MAX_RUNNING_REPLIES_PER_USER: '1000',
  MAX_UNFINISHED_REPLIES_PER_USER: '1000',
  MAX_UNFINISHED_REPLIES_PER_ROOM: '1000',
};
