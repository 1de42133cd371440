import { join } from 'node:path';
import { step } from '../step.mjs';
import { AppProcess } from './app-process.js';
import { stablePort } from './free-port.js';
import { dataHome } from './home.js';
import type { LaunchSettings } from './launch-settings.js';
import { startPostgres } from './postgres.js';
import { startRedis } from './redis.js';
import { keptSecret } from './secret.js';
import type { Supervisor } from './supervisor.js';
import { createDatabase, migrate } from './template-database.js';

const DATABASE = 'gemini_chat';
const PRICE = 'price_pro_sandbox';

type Environment = Record<string, string>;

/**
 * Starts all that the API and the worker need and the person did not provide, at the same time, and applies migrations.
 * @returns the settings that lead the API and the worker there
 */
export async function startSurroundings(
  root: string,
  settings: LaunchSettings,
  supervisor: Supervisor,
  signal: AbortSignal,
): Promise<Environment> {
  const { own, env } = settings;
  const parts = await Promise.allSettled([
    step('Database', () => database(root, own.postgres, env, supervisor, signal)),
    own.redis ? step('Redis', () => redis(root, supervisor)) : {},
    own.gemini ? step('Gemini sandbox', () => gemini(root, env, supervisor)) : {},
    own.stripe ? step('Stripe sandbox', () => stripe(root, settings, supervisor)) : {},
  ]);
  // Only now that each has come up or failed: what has come up must be known to the supervisor, to be stopped.
  const failed = parts.find((part) => part.status === 'rejected');
  if (failed) throw failed.reason;
  return Object.assign(
    {},
    ...parts.map((part) => (part as PromiseFulfilledResult<Environment>).value),
  ) as Environment;
}

async function database(
  root: string,
  own: boolean,
  env: Environment,
  supervisor: Supervisor,
  signal: AbortSignal,
): Promise<Environment> {
  if (!own) {
    await migrate(root, env, signal);
    return {};
  }
  const postgres = await startPostgres({ root, folder: join(dataHome(root), 'postgres') });
  supervisor.watch('PostgreSQL', postgres);
  await createDatabase(postgres.url('postgres'), DATABASE);
  const urls = { DATABASE_URL: postgres.url(DATABASE), DIRECT_DATABASE_URL: postgres.url(DATABASE) };
  await migrate(root, { ...env, ...urls }, signal);
  return urls;
}

async function redis(root: string, supervisor: Supervisor): Promise<Environment> {
  const local = join(root, '.local');
  const server = await startRedis(join(local, 'redis'), join(local, 'cache'));
  supervisor.watch('Redis', server);
  return { REDIS_URL: server.url };
}

async function gemini(root: string, env: Environment, supervisor: Supervisor): Promise<Environment> {
  const file = join(root, 'dist-dev/sandbox/gemini/main.js');
  const url = await sandbox('Gemini sandbox', file, { ...env, HOST: '127.0.0.1', PORT: '0' }, supervisor);
  return { GEMINI_API_KEY: 'sandbox', GEMINI_BASE_URL: url };
}

async function stripe(
  root: string,
  { env, port, host }: LaunchSettings,
  supervisor: Supervisor,
): Promise<Environment> {
  const local = join(root, '.local');
  const secret = `whsec_${keptSecret(join(local, 'stripe-webhook-secret'))}`;
  const url = await sandbox(
    'Stripe sandbox',
    join(root, 'dist-dev/sandbox/stripe/main.js'),
    {
      ...env,
      HOST: '127.0.0.1',
      PORT: String(await stablePort(join(local, 'stripe-port'))),
      PUBLIC_URL: '',
      DATA_FILE: join(local, 'stripe.json'),
      WEBHOOK_URL: `${apiUrl(env, port, host)}/webhook/stripe`,
      WEBHOOK_SECRET: secret,
      PRO_PRICE_ID: PRICE,
    },
    supervisor,
  );
  return {
    STRIPE_SECRET_KEY: 'sk_test_sandbox',
    STRIPE_API_BASE: url,
    STRIPE_WEBHOOK_SECRET: secret,
    STRIPE_PRO_PRICE_ID: PRICE,
  };
}

async function sandbox(
  name: string,
  file: string,
  env: Environment,
  supervisor: Supervisor,
): Promise<string> {
  const program = new AppProcess(name, file, env);
  supervisor.watch(name, program);
  const ready = await program.ready;
  if (!ready?.url) throw new Error(`The ${name} ${await program.exited} before it was ready.`);
  return ready.url;
}

/** Where the API's own routes are, seen from this machine. */
export function apiUrl(env: Environment, port: number, host: string): string {
  const everywhere = host === '0.0.0.0' || host === '::';
  const name = everywhere || host === '127.0.0.1' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  const prefix = env.API_PREFIX?.replace(/^\/+|\/+$/g, '');
  return `http://${name}:${port}${prefix ? `/${prefix}` : ''}`;
}
