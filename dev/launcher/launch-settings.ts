import { join } from 'node:path';
import { readSettings } from '../settings.mjs';
import { keptSecret } from './secret.js';

/** What the launcher itself has to know, and the environment of the processes it starts. */
export interface LaunchSettings {
  env: Record<string, string>;
  port: number;
  host: string;
  /** True where the launcher has to bring its own. */
  own: { postgres: boolean; redis: boolean; gemini: boolean; stripe: boolean };
}

/**
 * The person's settings, and, for what they leave open, what makes the product run on this machine: secrets that are
 * made once and kept in `.local/`.
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
