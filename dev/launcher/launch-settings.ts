import { join } from 'node:path';
import { readSettings } from '../settings.mjs';
import { keptSecret } from './data-folder.js';

/** The settings of the launcher, and the environment of the processes it starts. */
export interface LaunchSettings {
  env: Record<string, string>;
  port: number;
  host: string;
  /** True for a server that the launcher starts itself. */
  own: { postgres: boolean; redis: boolean; gemini: boolean; stripe: boolean };
}

/**
 * The settings of `.env` and the environment, with defaults that make the product run on this machine; secrets are
 * generated once and kept in `.local/`.
 * @param root the project's folder
 */
export function launchSettings(root: string): LaunchSettings {
  const given = readSettings(root);
  const missing = (...names: string[]) => names.every((name) => given[name] === undefined);
  const secret = (name: string, bytes: number) => keptSecret(join(root, '.local', name), bytes);
  const env = {
    ...(process.env as Record<string, string>),
    NODE_ENV: 'development',
    OTP_DELIVERY: 'response',
    PORT: '3000',
    HOST: '127.0.0.1',
    WORKER_HEALTH_PORT: '0',
    JWT_SECRET: given.JWT_SECRET ?? secret('jwt-secret', 48),
    ADMIN_PASSWORD: given.ADMIN_PASSWORD ?? secret('admin-password', 12),
    ...given,
  };
  return {
    env,
    port: Number(env.PORT),
    host: env.HOST,
    own: {
      postgres: missing('DATABASE_URL', 'PG_HOST'),
      redis: missing('REDIS_URL', 'REDIS_HOST'),
      gemini: missing('GEMINI_API_KEY', 'GOOGLE_GEMINI_API_KEY'),
      stripe: missing('STRIPE_SECRET_KEY'),
    },
  };
}

/** The address of the API's routes on this machine. */
export function apiUrl(env: Record<string, string>, port: number, host: string): string {
  const allInterfaces = host === '0.0.0.0' || host === '::';
  const name = allInterfaces || host === '127.0.0.1' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  const prefix = env.API_PREFIX?.replace(/^\/+|\/+$/g, '');
  return `http://${name}:${port}${prefix ? `/${prefix}` : ''}`;
}
