import type { Statement } from './database.js';
import type { ServerState } from './server-state.js';
import { SESSION_SETTINGS } from './session.js';

/** The schema in which a statement that names none finds the tables; null where they are not found. */
const SCHEMA_OF_TABLES = `(SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.oid = to_regclass('_prisma_migrations'))`;

const RIGHTS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

/** What has to be right of the server, the database, the role and the session. */
export const READ_SERVER_STATE: Statement<ServerState, []> = {
  name: 'read_server_state',
  text: `SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding,
     pg_is_in_recovery() AS standby, current_setting('transaction_read_only')::boolean AS "readOnly",
     ${SCHEMA_OF_TABLES} AS schema,
     ${RIGHTS.map((right) => `has_table_privilege(to_regclass('work_item')::oid, '${right}')`).join(' AND ')} AS writable,
     json_build_object(${SESSION_SETTINGS.map((name) => `'${name}', current_setting('${name}')`).join(', ')}) AS settings`,
};

/** Where Prisma, which names a schema in every statement, has to look for the tables. */
export const FIND_SCHEMA: Statement<{ schema: string | null }, []> = {
  name: 'find_schema',
  text: `SELECT coalesce(${SCHEMA_OF_TABLES}, current_schema()::text) AS schema`,
};
