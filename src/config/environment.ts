import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { withHost } from './addresses.js';

/** Names of similar services that an existing `.env` may use, and ours. Ours win. */
const ALIASES: Record<string, string> = {
  GOOGLE_GEMINI_API_KEY: 'GEMINI_API_KEY',
  STRIPE_PRICE_ID: 'STRIPE_PRO_PRICE_ID',
  STRIPE_PRO_PLAN_PRICE_ID: 'STRIPE_PRO_PRICE_ID',
  BACKEND_URL: 'PUBLIC_URL',
};

export type Environment = Record<string, string | undefined>;

/** The environment over the `.env` file of the folder. A run of the tests reads no file: it must not depend on a developer's. */
export function readEnvironment(own: Environment = process.env, folder = process.cwd()): Environment {
  const file = join(folder, '.env');
  if (own.NODE_ENV === 'test' || !existsSync(file)) return filled(own);
  return { ...filled(parseEnv(readFileSync(file, 'utf8'))), ...filled(own) };
}

/** Drops empty values (they count as unset) and reads the names of similar services. */
export function normalizeEnvironment(raw: Environment): Environment {
  const env = withoutServiceLinks(filled(raw));
  for (const [alias, name] of Object.entries(ALIASES)) env[name] ??= env[alias];
  env.DATABASE_URL ??= postgresUrl(env);
  env.REDIS_URL ??= redisUrl(env);
  env.DATABASE_URL = withHost(env.DATABASE_URL);
  env.DIRECT_DATABASE_URL = withHost(env.DIRECT_DATABASE_URL);
  return env;
}

/** Kubernetes sets `<SERVICE>_PORT=tcp://...` for each service of the namespace: one that is named `redis` is no setting of ours. */
function withoutServiceLinks(env: Environment): Environment {
  const isLink = ([name, value = '']: [string, string?]) =>
    name.endsWith('_PORT') && /^(tcp|udp):\/\//.test(value);
  return Object.fromEntries(Object.entries(env).filter((entry) => !isLink(entry)));
}

function filled(raw: Environment): Environment {
  const env: Environment = {};
  for (const [name, value] of Object.entries(raw)) {
    const trimmed = value?.trim();
    if (trimmed) env[name] = trimmed;
  }
  return env;
}

function postgresUrl(env: Environment): string | undefined {
  const { PG_HOST, PG_PORT = '5432', PG_DATABASE = 'postgres', PG_USER = 'postgres', PG_PASSWORD = '' } = env;
  const path = encodeURIComponent(PG_DATABASE);
  return PG_HOST && withLogin(`postgresql://${hostOf(PG_HOST)}:${PG_PORT}/${path}`, PG_USER, PG_PASSWORD);
}

function redisUrl({ REDIS_HOST, REDIS_PORT = '6379', REDIS_PASSWORD = '' }: Environment): string | undefined {
  return REDIS_HOST && withLogin(`redis://${hostOf(REDIS_HOST)}:${REDIS_PORT}`, '', REDIS_PASSWORD);
}

/** An IPv6 address needs brackets in a URL. */
const hostOf = (host: string) => (host.includes(':') ? `[${host}]` : host);

/** undefined when `address` is no URL. */
function withLogin(address: string, user: string, password: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(password);
  return url.href;
}
