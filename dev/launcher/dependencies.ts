import { join } from 'node:path';
import { step } from '../step.mjs';
import { AppProcess } from './app-process.js';
import { stablePort } from './free-port.js';
import { dataFolder, keptSecret } from './data-folder.js';
import { apiUrl, type LaunchSettings } from './launch-settings.js';
import { startPostgres } from './postgres.js';
import { startRedis } from './redis.js';
import type { Supervisor } from './supervisor.js';
import { createDatabase, migrate } from './template-database.js';

const DATABASE = 'gemini_chat';
const PRICE = 'price_pro_sandbox';

type Environment = Record<string, string>;

/**
 * Starts, at the same time, the servers that the API and the worker need and the settings do not name, and applies
 * migrations.
 * @returns the settings with the addresses of these servers
 */
export async function startDependencies(
  root: string,
  settings: LaunchSettings,
  supervisor: Supervisor,
  signal: AbortSignal,
): Promise<Environment> {
  const { own, env } = settings;
  const started = await Promise.allSettled([
    step('Database', () => database(root, own.postgres, env, supervisor, signal)),
    own.redis ? step('Redis', () => redis(root, supervisor)) : {},
    own.gemini ? step('Gemini sandbox', () => gemini(root, env, supervisor)) : {},
    own.stripe ? step('Stripe sandbox', () => stripe(root, settings, supervisor)) : {},
  ]);
  // Not before each one is started or failed: the supervisor must know the started ones to stop them.
  const failed = started.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return Object.assign(
    {},
    ...started.map((result) => (result as PromiseFulfilledResult<Environment>).value),
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
  const postgres = await startPostgres({ root, folder: join(dataFolder(root), 'postgres') });
  supervisor.require('PostgreSQL', postgres);
  await createDatabase(postgres.url('postgres'), DATABASE);
  const urls = { DATABASE_URL: postgres.url(DATABASE), DIRECT_DATABASE_URL: postgres.url(DATABASE) };
  await migrate(root, { ...env, ...urls }, signal);
  return urls;
}

async function redis(root: string, supervisor: Supervisor): Promise<Environment> {
  const local = join(root, '.local');
  const server = await startRedis(join(local, 'redis'), join(local, 'cache'));
  supervisor.require('Redis', server);
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
  supervisor.require(name, program);
  const ready = await program.ready;
  if (!ready?.url) throw new Error(`The ${name} ${await program.exited} before it was ready.`);
  return ready.url;
}
