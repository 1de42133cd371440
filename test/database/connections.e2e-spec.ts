import { randomUUID } from 'node:crypto';
import type { Settings } from '../../src/config/settings.js';
import { Database } from '../../src/infra/postgres/database.js';
import { PrismaService } from '../../src/infra/postgres/prisma.service.js';
import { createDatabase } from '../support/databases.js';
import { newMobile } from '../support/people.js';

const PID = { name: 'pid', text: 'SELECT pg_backend_pid() AS pid' };
const INSERT_USER = { name: 'insert_user', text: 'INSERT INTO app_user (id, mobile) VALUES ($1, $2)' };
const SLEEP = { name: 'sleep', text: 'SELECT pg_sleep($1)' };

describe('the connections of the pool', () => {
  let drop: () => Promise<void>;
  let database: Database;
  let url: string;

  /** A pool of one connection: another process id means that it was replaced. */
  const open = (overrides: Partial<Settings> = {}) =>
    new Database({
      DATABASE_URL: url,
      DATABASE_POOL_SIZE: 1,
      DATABASE_PREPARED_STATEMENTS: true,
      ...overrides,
    } as Settings);

  beforeEach(async () => {
    ({ url, drop } = await createDatabase());
    database = open();
  });
  afterEach(async () => {
    await database.onApplicationShutdown();
    await drop();
  });

  const pid = async () => (await database.query<{ pid: number }, []>(PID, []))[0]?.pid;

  it('outlive a unique violation, in hand-written SQL, through Prisma and in a transaction', async () => {
    const before = await pid();
    const { mobile } = newMobile();
    await database.query(INSERT_USER, [randomUUID(), mobile]);
    await expect(database.query(INSERT_USER, [randomUUID(), mobile])).rejects.toMatchObject({
      code: '23505',
    });
    const prisma = new PrismaService(database);
    await expect(prisma.db.user.create({ data: { id: randomUUID(), mobile } })).rejects.toMatchObject({
      code: 'P2002',
    });
    await expect(
      database.transaction((sql) => sql.query(INSERT_USER, [randomUUID(), mobile])),
    ).rejects.toMatchObject({ code: '23505' });
    expect([await pid(), database.pool.totalCount]).toEqual([before, 1]);
    await prisma.onApplicationShutdown();
  });

  it.each([
    ['alone', () => database.query(SLEEP, [10])],
    ['in a transaction', () => database.transaction((sql) => sql.query(SLEEP, [10]))],
  ])('outlive a statement that the server ends, %s', async (_, sleep) => {
    const before = await pid();
    const begun = performance.now();
    await expect(sleep()).rejects.toMatchObject({
      code: 'service.unavailable',
      options: { cause: { code: '57014' } },
    });
    expect(performance.now() - begun).toBeLessThan(3_000);
    expect(await pid()).toBe(before);
  });

  it('are replaced when the server ended them', async () => {
    const before = await pid();
    const other = open();
    await other.query({ name: 'end', text: 'SELECT pg_terminate_backend($1)' }, [before]);
    await other.onApplicationShutdown();
    const after = await pid().catch(() => pid());
    expect(after).not.toBe(before);
  });

  it.each([
    ['direct', {}],
    ['through a pooler', { DATABASE_PREPARED_STATEMENTS: false }],
  ])('have settings of their own, whatever the database has: %s', async (_, settings) => {
    const name = new URL(url).pathname.slice(1);
    for (const change of ["timezone = 'Asia/Kolkata'", "datestyle = 'German'"])
      await database.pool.query(`ALTER DATABASE "${name}" SET ${change}`);
    await database.pool.query(`ALTER DATABASE "${name}" SET default_transaction_isolation = 'serializable'`);
    const own = open(settings);
    const read = {
      name: 'read_settings',
      text: `SELECT current_setting('TimeZone') AS zone, current_setting('DateStyle') AS style,
                    current_setting('transaction_isolation') AS isolation, current_setting('client_encoding') AS encoding,
                    current_setting('statement_timeout') AS statement`,
    };
    try {
      const [row] = await own.transaction((sql) => sql.query(read, []));
      expect(row).toMatchObject({ zone: 'UTC', isolation: 'read committed', encoding: 'UTF8' });
      expect(row).toMatchObject({ style: expect.stringMatching(/^ISO/), statement: '1500ms' });
      const [single] = await own.query<{ at: Date; zone: string }, []>(
        {
          name: 'read_time',
          text: `SELECT '2026-01-02 03:04:05'::timestamptz AS at, current_setting('TimeZone') AS zone`,
        },
        [],
      );
      expect(single).toEqual({ at: new Date('2026-01-02T03:04:05Z'), zone: 'UTC' });
    } finally {
      await own.onApplicationShutdown();
    }
  });

  it('keep the options of the address', async () => {
    const address = new URL(url);
    address.searchParams.set('options', '-c search_path=pg_catalog');
    const own = open({ DATABASE_URL: address.href });
    const [row] = await own.query(
      {
        name: 'read_options',
        text: `SELECT current_setting('search_path') AS path, current_setting('TimeZone') AS zone`,
      },
      [],
    );
    await own.onApplicationShutdown();
    expect(row).toEqual({ path: 'pg_catalog', zone: 'UTC' });
  });
});
