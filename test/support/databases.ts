import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import pg from 'pg';

const OBJECT_IN_USE = '55006';

function required(name: 'TEST_DATABASE_URL' | 'TEST_REDIS_URL'): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests with "npm test"`);
  return value;
}

/** The servers of a run: a PostgreSQL with the migrated template, and a Redis. */
export interface Servers {
  databaseUrl: string;
  redisUrl: string;
}

/** The servers that `npm test` started. */
function testServers(): Servers {
  return { databaseUrl: required('TEST_DATABASE_URL'), redisUrl: required('TEST_REDIS_URL') };
}

/** Creates a migrated database for one test file. */
export async function createDatabase({ databaseUrl } = testServers()): Promise<{
  url: string;
  drop: () => Promise<void>;
}> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(databaseUrl, `CREATE DATABASE "${name}" TEMPLATE template_app`);
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  /**
   * The server gives connections that are being closed up to 5 s: a pool that has ended may still have some, and one that is
   * terminated then has nobody to report it to. What is open after that is terminated.
   */
  const drop = async () => {
    const statement = `DROP DATABASE IF EXISTS "${name}"`;
    await onServer(databaseUrl, statement).catch((error: pg.DatabaseError) => {
      if (error.code !== OBJECT_IN_USE) throw error;
      return onServer(databaseUrl, `${statement} WITH (FORCE)`);
    });
  };
  return { url: url.href, drop };
}

/** Runs SQL on a connection of its own. @returns the rows */
export async function onServer<T extends pg.QueryResultRow>(databaseUrl: string, sql: string): Promise<T[]> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const { rows } = await client.query<T>(sql).finally(() => client.end());
  return rows;
}

/** An empty numbered database of the run's Redis. Tests that stop or flush Redis start one of their own instead. */
export async function createRedisDatabase({ redisUrl } = testServers()): Promise<string> {
  const redis = new Redis(redisUrl, { db: 0 });
  const databases = Number((await redis.config('GET', 'databases')).at(1));
  const number = 1 + ((await redis.incr('test:databases')) % (databases - 1));
  await redis.select(number);
  await redis.flushdb();
  await redis.quit();
  return new URL(`/${number}`, redisUrl).href;
}
