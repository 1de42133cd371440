/**
 * What node-postgres, Prisma and the statements assume of a session, whatever the defaults of the server, the database and
 * the role are: each setting with the values that are right, of which the first is set.
 */
const SESSION: Record<string, readonly [string, ...string[]]> = {
  // Prisma reads a time as if its offset were zero, and days are UTC days.
  TimeZone: ['UTC', 'Etc/UTC', 'GMT', 'Etc/GMT', 'UCT', 'Zulu'],
  // node-postgres reads times and intervals in these forms alone.
  DateStyle: ['ISO'],
  IntervalStyle: ['postgres'],
  standard_conforming_strings: ['on'],
  bytea_output: ['hex', 'escape'],
  extra_float_digits: ['1', '2', '3'],
  array_nulls: ['on'],
  transform_null_equals: ['off'],
  // `statement_timeout` ends a statement that waits; an earlier end would be an error of its own.
  lock_timeout: ['0'],
  // A stricter level ends statements that run at the same time with errors of serialization.
  default_transaction_isolation: ['read committed'],
};

/**
 * PgBouncer in transaction mode keeps a value of each client for these, because the server reports their changes. A change
 * of any other would stay with the server's connection, for whoever uses it next.
 */
const KEPT_BY_POOLER = ['TimeZone', 'DateStyle', 'standard_conforming_strings'];

/** The names of the settings that `wrongSettings` wants to know. */
export const SESSION_SETTINGS: readonly string[] = Object.keys(SESSION);

/**
 * The session's settings as `options` of a connection.
 * @param schema where tables are looked for; null: where the `search_path` says
 */
export function sessionOptions(schema: string | null): string {
  const settings = Object.entries(SESSION).map(([name, [value]]) => [name, value]);
  if (schema !== null) settings.push(['search_path', quoted(schema)]);
  return settings.map(([name, value = '']) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`).join(' ');
}

/** What a client of a PgBouncer may set for itself, as SQL. */
export const POOLED_SESSION = KEPT_BY_POOLER.map((name) => `SET ${name} = '${SESSION[name]?.[0]}'`).join(
  '; ',
);

/** For the one session that migrates: as all others, and without the limit of a role on how long an index may take to build. */
export const SESSION_OF_MIGRATIONS = [
  ...Object.entries(SESSION).map(([name, [value]]) => `SET ${name} = '${value}'`),
  'SET statement_timeout = 0',
  'SET idle_in_transaction_session_timeout = 0',
].join('; ');

/** Which settings of a session are wrong, one line for each. @param settings the value of each of `SESSION_SETTINGS` */
export function wrongSettings(settings: Record<string, string>): string[] {
  return Object.entries(SESSION).flatMap(([name, right]) => {
    const actual = settings[name] ?? '';
    // DateStyle also has the order of day and month, as in `ISO, MDY`: without meaning in what the server sends.
    const value = name === 'DateStyle' ? (actual.split(',', 1)[0] ?? '') : actual;
    return right.includes(value) ? [] : [`${name} is "${actual}" and must be "${right[0]}"`];
  });
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
