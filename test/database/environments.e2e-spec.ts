import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../../dev/launcher/postgres.js';
import { runFolder } from '../../dev/launcher/run-folder.js';
import { createDatabase as createAppDatabase } from '../../dev/launcher/template-database.js';
import { applyMigrations } from '../../src/infra/postgres/migrate.js';
import { Client } from '../support/client.js';
import { onServer } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { buildSubscription } from '../support/factories.js';
import { newMobile, signUp } from '../support/people.js';
import { ending, openRoom, prompt } from '../support/rooms.js';
import { System } from '../support/system.js';
import { admin, cleanUp, folder, outcome } from './migration-setup.js';

/** Defaults of a database under which a product that does not set its own goes wrong. */
const ODD_DEFAULTS = {
  timezone: 'America/Sao_Paulo',
  datestyle: 'German',
  intervalstyle: 'iso_8601',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  standard_conforming_strings: 'off',
  array_nulls: 'off',
  transform_null_equals: 'on',
  lock_timeout: '1ms',
  default_transaction_isolation: 'serializable',
  client_encoding: 'LATIN1',
};

describe('a database that differs from the one of a laptop', () => {
  let system: System;
  const made: string[] = [];

  beforeAll(async () => {
    system = await System.start({ apis: 0, workers: 0 });
  }, 120_000);
  // A worker of another database would take the jobs, since all have one Redis.
  afterEach(() => Promise.all([...system.apis, ...system.workers].map((child) => child.stop())), 60_000);
  afterAll(async () => {
    await system?.stop();
    for (const name of made) await onServer(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await cleanUp();
  }, 240_000);

  /** A database of its own. @param how options of CREATE DATABASE */
  async function create(how = 'TEMPLATE template_app'): Promise<{ name: string; url: string }> {
    const name = `odd_${randomUUID().replaceAll('-', '')}`;
    made.push(name);
    await onServer(admin, `CREATE DATABASE ${name} ${how}`);
    return { name, url: Object.assign(new URL(admin), { pathname: `/${name}` }).href };
  }

  /** Both processes on that database. @returns a client of the API */
  async function start(url: string): Promise<Client> {
    const env = { DATABASE_URL: url };
    const [api] = await Promise.all([system.startApi(env), system.startWorker(env)]);
    return new Client(api.url);
  }

  /** Signs up, which Prisma stores, and has a prompt answered, which hand-written statements store. */
  async function talk(client: Client): Promise<{ me: Client; room: string; reply: any }> {
    const { accessToken } = await signUp(client);
    const me = client.as(accessToken);
    const room = await openRoom(me);
    return { me, room, reply: await ending(me, room, await prompt(me, room, '[[say well]]'), 60_000) };
  }

  /** Waits until /readyz names the reason. @returns its body */
  const notReady = (client: Client, reason: string): Promise<any> =>
    eventually('the reason', async () => {
      const { status, body } = await client.get('/readyz');
      expect(body.errors).toContainEqual({ field: 'postgres', message: `down: ${reason}` });
      return status === 503 && body;
    });

  /** Status and prompts agree about a subscription that began and will end at moments that are known. */
  async function isPro(url: string, person: Client): Promise<void> {
    const { id } = (await person.get('/user/me')).body;
    const db = new pg.Pool({ connectionString: url, max: 1 });
    await buildSubscription(db, id, { status: 'past_due' }).finally(() => db.end());
    // Within a grace of 3 days, which a shift by a few hours would end.
    await onServer(url, `UPDATE subscription SET current_period_start = now() - interval '71 hours'`);
    const { body } = await person.get('/subscription/status');
    expect(body.tier).toBe('pro');
    const end = await onServer<{ end: string }>(
      url,
      `SELECT (extract(epoch FROM current_period_end) * 1000)::bigint::text AS end FROM subscription`,
    );
    expect(Date.parse(body.currentPeriodEnd)).toBe(Number(end[0]?.end));
    const answer = await person.post(`/chatroom/${await openRoom(person)}/message`, { content: 'x' });
    expect(answer.status).toBe(202);
  }

  it('is used with the settings that the product needs, whatever its defaults are', async () => {
    const { name, url } = await create();
    for (const [setting, value] of Object.entries(ODD_DEFAULTS))
      await onServer(admin, `ALTER DATABASE ${name} SET ${setting} = '${value}'`);
    const client = await start(url);
    const { me, reply } = await talk(client);
    expect(reply).toMatchObject({ status: 'completed', content: 'well' });
    const { createdAt } = (await me.get('/user/me')).body;
    for (const at of [createdAt, reply.createdAt])
      expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(300_000);
    const posts = await Promise.all(
      Array.from({ length: 16 }, () =>
        openRoom(me).then((one) => me.post(`/chatroom/${one}/message`, { content: 'x' })),
      ),
    );
    const statuses = posts.map(({ status }) => status);
    expect(statuses.filter((status) => status === 202)).toHaveLength(4);
    expect(statuses.filter((status) => status === 429)).toHaveLength(12);
    await isPro(url, me);
  }, 120_000);

  it.each(['a schema of the search path', 'a schema of `?schema=`'])(
    'may have its tables in %s',
    async (where) => {
      const { name, url } = await create('TEMPLATE template0');
      const schema = 'The app';
      await onServer(url, `CREATE SCHEMA "${schema}"`);
      const inAddress = where.includes('?schema');
      if (!inAddress) await onServer(admin, `ALTER DATABASE ${name} SET search_path = "${schema}", public`);
      const address = inAddress ? `${url}?schema=${encodeURIComponent(schema)}` : url;
      await applyMigrations(address, folder);
      const { me, reply } = await talk(await start(address));
      expect(reply.content).toBe('well');
      expect((await me.delete('/user/me', { confirm: 'delete my account' })).status).toBe(204);
      expect(await onServer(url, `SELECT to_regclass('public.app_user') AS it`)).toEqual([{ it: null }]);
    },
    120_000,
  );

  it.each(['SQL_ASCII', 'LATIN1'])(
    'is refused at the start of each process with the encoding %s',
    async (encoding) => {
      const { url } = await create(
        `TEMPLATE template0 ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER libc`,
      );
      const reason = `the database has the encoding ${encoding} and not UTF8`;
      for (const start of [system.startApi({ DATABASE_URL: url }), system.startWorker({ DATABASE_URL: url })])
        expect(await outcome(start)).toContain(reason);
      expect(await outcome(applyMigrations(url, folder))).toContain(reason);
      expect(await onServer(url, `SELECT to_regclass('_prisma_migrations') AS it`)).toEqual([{ it: null }]);
    },
    120_000,
  );

  it('is named by /readyz and in the log while it is read-only', async () => {
    const { name, url } = await create();
    await onServer(admin, `ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    const reason = 'the database is read-only (default_transaction_read_only)';
    const api = await system.startApi({ DATABASE_URL: url });
    const worker = await system.startWorker({ DATABASE_URL: url });
    for (const { output } of [api, worker]) expect(output).toContain(`PostgreSQL: ${reason}`);
    const client = new Client(api.url);
    expect((await notReady(client, reason)).detail).toBe('PostgreSQL cannot be used.');
    await onServer(admin, `ALTER DATABASE ${name} RESET default_transaction_read_only`);
    await onServer(admin, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
    await eventually('ready', async () => (await client.get('/readyz')).status === 200);
  }, 120_000);

  it('is named by /readyz while it is a standby, and is used once it is promoted', async () => {
    const base = await runFolder(process.cwd());
    const options = { root: process.cwd(), folder: base };
    let server = await startPostgres(options);
    await createAppDatabase(server.url('postgres'), 'app');
    await applyMigrations(server.url('app'), folder);
    await server.stop();
    writeFileSync(join(base, 'data', 'standby.signal'), '');
    server = await startPostgres(options);
    const url = server.url('app');
    const reason = 'the server is a standby, which is read-only';
    expect(await outcome(applyMigrations(url, folder))).toBe(reason);
    const api = await system.startApi({ DATABASE_URL: url });
    const client = new Client(api.url);
    await notReady(client, reason);
    expect((await client.post('/auth/signup', newMobile())).status).toBe(503);
    await onServer(url, 'SELECT pg_promote()');
    await eventually('ready', async () => (await client.get('/readyz')).status === 200);
    expect((await client.post('/auth/signup', newMobile())).status).toBe(201);
    await api.stop();
    await server.stop();
    rmSync(base, { recursive: true, force: true });
  }, 120_000);

  it('is named by /readyz while the tables are missing', async () => {
    const { url } = await create('TEMPLATE template0');
    const client = new Client((await system.startApi({ DATABASE_URL: url })).url);
    await notReady(client, 'the tables are not found: npm run migrate creates them');
    await applyMigrations(url, folder);
    await eventually('ready', async () => (await client.get('/readyz')).status === 200);
  }, 120_000);
});
