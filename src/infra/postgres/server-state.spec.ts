import { type ServerState, stateProblems } from './server-state.js';

const GOOD: ServerState = {
  version: 140_000,
  encoding: 'UTF8',
  standby: false,
  readOnly: false,
  schema: 'public',
  writable: true,
  settings: {
    TimeZone: 'UTC',
    DateStyle: 'ISO, DMY',
    IntervalStyle: 'postgres',
    standard_conforming_strings: 'on',
    bytea_output: 'hex',
    extra_float_digits: '1',
    array_nulls: 'on',
    transform_null_equals: 'off',
    lock_timeout: '0',
    default_transaction_isolation: 'read committed',
  },
};

const problems = (change: Partial<ServerState>, wanted: string | null = null) =>
  Object.values(stateProblems({ ...GOOD, ...change }, wanted)).flat();

it('finds nothing wrong where nothing is', () => {
  expect(problems({})).toEqual([]);
  expect(problems({}, 'public')).toEqual([]);
});

it.each<[Partial<ServerState>, string]>([
  [{ version: 130_022 }, 'the server is older than PostgreSQL 14'],
  [{ encoding: 'SQL_ASCII' }, 'the database has the encoding SQL_ASCII and not UTF8'],
  [{ standby: true, readOnly: true }, 'the server is a standby, which is read-only'],
  [{ readOnly: true }, 'the database is read-only (default_transaction_read_only)'],
  [{ schema: null, writable: null }, 'the tables are not found: npm run migrate creates them'],
  [{ writable: false }, 'the role may not read and change the tables'],
  [
    { settings: { ...GOOD.settings, TimeZone: 'Asia/Kolkata' } },
    'TimeZone is "Asia/Kolkata" and must be "UTC"',
  ],
])('names what is wrong: %j', (change, problem) => {
  expect(problems(change)).toEqual([problem]);
});

it('wants the schema of the address, once there are tables', () => {
  expect(problems({}, 'app')).toEqual([expect.stringContaining('search_path')]);
});
