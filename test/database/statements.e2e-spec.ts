import { resolve } from 'node:path';
import pg from 'pg';
import type { Statement } from '../../src/infra/postgres/database.js';
import { deleteExpired } from '../../src/infra/postgres/retention.js';
import { RETENTION_RULES } from '../../src/processor/retention-rules.js';
import { createDatabase } from '../support/databases.js';
import {
  declaredStatements,
  sourceFiles,
  statementLiterals,
  type DeclaredStatement,
  type DeclaredType,
} from './declared-types.js';
import {
  describeStatement,
  readTypes,
  type DescribedStatement,
  type DescribedType,
} from './described-statement.js';

/** What node-postgres makes of a type, and takes for it. Of JSON the shape is not known to PostgreSQL. */
const KINDS: Record<string, string> = {
  uuid: 'string',
  text: 'string',
  date: 'string',
  integer: 'number',
  bigint: 'number',
  'double precision': 'number',
  boolean: 'boolean',
  'timestamp with time zone': 'Date',
  'text[]': 'string[]',
  'uuid[]': 'string[]',
};
const JSON_TYPES = ['json', 'jsonb'];

/** The files outside `*.sql.ts` that may make a statement, and why. */
const GENERATORS: Record<string, string> = {
  'src/infra/postgres/database.ts': 'hands the statement to node-postgres',
  'src/infra/postgres/retention.ts': 'makes one statement of each retention rule; those are prepared below',
};

const files = sourceFiles('.sql.ts');
const declared = declaredStatements(files);
const statements = new Map<string, Statement>();
let database: Awaited<ReturnType<typeof createDatabase>>;
let client: pg.Client;
let types: Map<number, DescribedType>;

const keyOf = ({ file, constant }: DeclaredStatement) => `${file} ${constant}`;
const isStatement = (value: unknown): value is Statement =>
  typeof value === 'object' && value !== null && 'name' in value && 'text' in value;

beforeAll(async () => {
  for (const file of files) {
    const module = (await import(resolve(file))) as Record<string, unknown>;
    for (const [constant, value] of Object.entries(module))
      if (isStatement(value)) statements.set(`${file} ${constant}`, value);
  }
  database = await createDatabase();
  client = new pg.Client(database.url);
  await client.connect();
  types = await readTypes(client);
});
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

test('every *.sql.ts exports its statements, all of them with declared types', () => {
  expect([...statements.keys()].sort()).toEqual(declared.map(keyOf).sort());
  for (const file of files) {
    const exported = declared.filter((each) => each.file === file);
    expect({ file, exported: exported.length }).toEqual({ file, exported: statementLiterals(file).length });
    expect({ file, empty: exported.length === 0 }).toEqual({ file, empty: false });
  }
});

test('no other file of the product makes a statement', () => {
  const others = sourceFiles('.ts').filter((file) => !file.endsWith('.sql.ts') && !(file in GENERATORS));
  expect(others.length).toBeGreaterThan(100);
  expect(others.flatMap(statementLiterals)).toEqual([]);
});

test('no two statements have the same name, and PostgreSQL cuts none off', () => {
  const all = [...statements.values(), ...RETENTION_RULES.map(deleteExpired)];
  const names = all.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(names.filter((name) => name.length > 63)).toEqual([]);
});

test('PostgreSQL prepares every statement, with the declared parameters and columns', async () => {
  const problems: string[] = [];
  for (const each of declared) {
    const statement = statements.get(keyOf(each));
    if (!statement) throw new Error(`${keyOf(each)} is not there at run time`);
    const described = await describeStatement(client, types, statement);
    problems.push(...differences(each, described).map((problem) => `${each.constant}: ${problem}`));
  }
  expect(problems).toEqual([]);
  const { rows } = await client.query<{ name: string }>('SELECT name FROM pg_prepared_statements');
  expect(rows.map(({ name }) => name).sort()).toEqual(
    [...statements.values()].map(({ name }) => name).sort(),
  );
});

test.each(RETENTION_RULES.map((rule) => [rule.table, rule] as const))(
  'PostgreSQL prepares the deletion of old rows of %s',
  async (_, rule) => {
    const described = await describeStatement(client, types, deleteExpired(rule));
    expect(described).toEqual({ parameters: [], columns: { deleted: { name: 'integer', labels: null } } });
  },
);

describe('a difference is found', () => {
  const text: DeclaredType = { kinds: ['string'], literals: null };
  const described = (sql: string) => describeStatement(client, types, { name: '', text: sql });
  const declare = (parameters: DeclaredType[], columns: Record<string, DeclaredType>) =>
    ({ file: '', constant: '', parameters, columns }) satisfies DeclaredStatement;

  test.each<[string, string, DeclaredStatement]>([
    ['a parameter that is not declared', 'SELECT id FROM app_user WHERE id = $1', declare([], { id: text })],
    [
      'a parameter of another type',
      'SELECT id FROM message WHERE number = $1',
      declare([text], { id: text }),
    ],
    ['a column that is not declared', 'SELECT id, name FROM app_user', declare([], { id: text })],
    ['a declared column that is not there', 'SELECT id FROM app_user', declare([], { id: text, name: text })],
    ['a column of another type', 'SELECT number FROM message', declare([], { number: text })],
    [
      'a label that the enum does not have',
      'SELECT role FROM message',
      declare([], { role: { kinds: ['string'], literals: ['user', 'model', 'system'] } }),
    ],
  ])('%s', async (_, sql, declaration) => {
    expect(differences(declaration, await described(sql))).toHaveLength(1);
  });
});

function differences(expected: DeclaredStatement, actual: DescribedStatement): string[] {
  const count = Math.max(expected.parameters.length, actual.parameters.length);
  const parameters = Array.from({ length: count }, (_, index) =>
    difference(`$${index + 1}`, expected.parameters[index], actual.parameters[index], 'part'),
  );
  const columns = Object.entries(actual.columns).filter(([, type]) => type.name !== 'void');
  const names = new Set([...Object.keys(expected.columns), ...columns.map(([name]) => name)]);
  const fields = [...names].map((name) =>
    difference(name, expected.columns[name], actual.columns[name], 'whole'),
  );
  return [...parameters, ...fields].filter((problem) => problem !== null);
}

/** @param labels whether a declared union must be all labels of an enum, or may be a part of them */
function difference(
  what: string,
  expected: DeclaredType | undefined,
  actual: DescribedType | undefined,
  labels: 'whole' | 'part',
): string | null {
  if (!expected || !actual)
    return `${what} is ${actual?.name ?? 'not there'} and declared ${expected?.kinds.join(' | ') ?? 'nowhere'}`;
  if (JSON_TYPES.includes(actual.name)) return null;
  const kind = actual.labels ? 'string' : KINDS[actual.name];
  if (expected.kinds.length !== 1 || expected.kinds[0] !== kind)
    return `${what} is ${actual.name} and declared ${expected.kinds.join(' | ')}`;
  if (!actual.labels || !expected.literals) return null;
  const unknown = expected.literals.filter((literal) => !actual.labels?.includes(literal));
  const missing = actual.labels.filter((label) => !expected.literals?.includes(label));
  const wrong = labels === 'whole' ? [...unknown, ...missing] : unknown;
  return wrong.length > 0 ? `${what} is ${actual.name} and differs in ${wrong.join(', ')}` : null;
}
