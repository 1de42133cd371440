import type { Settings } from '../../config/settings.js';

/** Whether a PgBouncer stands before PostgreSQL: what needs a session of one's own is not to be had then. */
export const isPooled = ({
  DATABASE_URL: url,
  DIRECT_DATABASE_URL: direct,
  DATABASE_PREPARED_STATEMENTS: prepare,
}: Pick<Settings, 'DATABASE_URL' | 'DIRECT_DATABASE_URL' | 'DATABASE_PREPARED_STATEMENTS'>): boolean =>
  !prepare || (direct !== undefined && serverOf(direct) !== serverOf(url));

function serverOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || 5432}`;
}
