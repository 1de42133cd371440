import { normalizeEnvironment, readEnvironment } from './environment.js';

/**
 * Where migrations go: past a pooler if there is a direct way. Nothing else has to be configured to migrate.
 * @throws Error when neither setting is there
 */
export function migrationUrl(): string {
  const env = normalizeEnvironment(readEnvironment());
  const url = env.DIRECT_DATABASE_URL ?? env.DATABASE_URL;
  if (!url) throw new Error('DATABASE_URL (or DIRECT_DATABASE_URL) is not set.');
  return url;
}
