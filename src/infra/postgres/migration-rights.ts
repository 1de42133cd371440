import pg from 'pg';

/** SQLSTATEs of a right that is missing: the second one where the schema is there and the role may not even see it. */
const MISSING_RIGHT = new Set(['42501', '42P06']);

interface Rights {
  role: string;
  database: string;
  /** Whether the wanted schema exists, and what the role may do in it. */
  exists: boolean;
  creates: boolean;
  /** Of the tables; null where there are none yet. */
  owner: string | null;
  owns: boolean | null;
}

const FIND_RIGHTS = `SELECT current_user::text AS role, current_database()::text AS database, n.oid IS NOT NULL AS exists,
    coalesce(has_schema_privilege(n.oid, 'USAGE') AND has_schema_privilege(n.oid, 'CREATE'), false) AS creates,
    pg_get_userbyid(c.relowner)::text AS owner, pg_has_role(c.relowner, 'USAGE') AS owns
  FROM (SELECT $1::text AS schema) wanted LEFT JOIN pg_namespace n ON n.nspname = wanted.schema
    LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = '_prisma_migrations'`;

/**
 * What a migration that failed for a missing right needs, as the statement that grants it.
 * @param client not in a transaction that has failed
 * @param schema in which the tables are made
 * @returns null when the error is about something else
 */
export async function missingRight(
  client: pg.Client,
  error: unknown,
  schema: string,
): Promise<string | null> {
  if (!(error instanceof pg.DatabaseError) || !MISSING_RIGHT.has(error.code ?? '')) return null;
  const [rights] = (await client.query<Rights>(FIND_RIGHTS, [schema])).rows;
  if (!rights) return null;
  const quote = (name: string) => pg.escapeIdentifier(name);
  const role = quote(rights.role);
  if (!rights.exists) return `GRANT CREATE ON DATABASE ${quote(rights.database)} TO ${role}`;
  if (!rights.creates) return `GRANT USAGE, CREATE ON SCHEMA ${quote(schema)} TO ${role}`;
  if (rights.owns === false && rights.owner !== null)
    return `GRANT ${quote(rights.owner)} TO ${role}, since only their owner changes the tables`;
  return null;
}
