import type { Client } from '../support/client.js';
import { onServer } from '../support/databases.js';
import { signUp } from '../support/people.js';
import { hasPgBouncer, PgBouncer } from '../support/pgbouncer.js';
import { ending, openRoom, prompt } from '../support/rooms.js';
import { System } from '../support/system.js';
import { outcome } from './migration-setup.js';

const describeBehindPgBouncer = hasPgBouncer ? describe : describe.skip;
if (!hasPgBouncer) console.warn('There is no /usr/sbin/pgbouncer here: its tests are skipped.');

const KEYED = { headers: { 'Idempotency-Key': 'once' } };

describeBehindPgBouncer('behind a PgBouncer in transaction mode', () => {
  let system: System;
  let bouncer: PgBouncer;
  let client: Client;

  /** Changes a default of the database, for connections that PgBouncer opens from now on. */
  async function setDefault(setting: string): Promise<void> {
    const url = system.env.DATABASE_URL ?? '';
    const name = new URL(url).pathname.slice(1);
    await onServer(url, `ALTER DATABASE "${name}" ${setting}`);
    const others = `datname = '${name}' AND pid <> pg_backend_pid() AND application_name NOT LIKE 'jest%'`;
    await onServer(url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${others}`);
  }

  beforeAll(async () => {
    system = await System.start({ apis: 0, workers: 0 });
    // PgBouncer keeps these for each of its clients.
    await setDefault("SET timezone = 'America/Sao_Paulo'");
    await setDefault("SET datestyle = 'German'");
    bouncer = await PgBouncer.start(system.env.DATABASE_URL ?? '');
    const env = {
      DATABASE_URL: bouncer.url,
      DIRECT_DATABASE_URL: system.env.DATABASE_URL ?? '',
      DATABASE_PREPARED_STATEMENTS: 'false',
    };
    await Promise.all([system.startApi(env), system.startWorker(env)]);
    client = system.client();
  }, 60_000);
  afterAll(async () => {
    await system?.stop();
    await bouncer?.stop();
  });

  it('people sign up, talk, and delete their account', async () => {
    const { accessToken } = await signUp(client);
    const me = client.as(accessToken);
    const { createdAt } = (await me.get('/user/me')).body;
    expect(Math.abs(Date.parse(createdAt) - Date.now())).toBeLessThan(300_000);
    const room = await openRoom(me);
    const replies = await Promise.all(['[[say one]]', '[[say two]]'].map((text) => prompt(me, room, text)));
    const contents = await Promise.all(replies.map(async (id) => (await ending(me, room, id)).content));
    expect(contents.sort()).toEqual(['one', 'two']);
    const keyed = await me.post(`/chatroom/${room}/message`, { content: 'again' }, KEYED);
    const replay = await me.post(`/chatroom/${room}/message`, { content: 'again' }, KEYED);
    expect([keyed.status, replay.text]).toEqual([202, keyed.text]);
    expect((await me.get('/subscription/status')).body.usage.used).toBe(3);
    expect((await me.delete('/user/me', { confirm: 'delete my account' })).status).toBe(204);
    expect((await me.get('/user/me')).status).toBe(401);
  }, 30_000);

  it('it is ready while PostgreSQL can be asked', async () => {
    expect((await client.get('/readyz')).status).toBe(200);
  });

  it('it does not start where a setting is wrong that a client cannot set for itself, and names it', async () => {
    const env = { DATABASE_URL: bouncer.url, DIRECT_DATABASE_URL: system.env.DATABASE_URL ?? '' };
    await setDefault("SET default_transaction_isolation = 'serializable'");
    for (const start of [system.startApi(env), system.startWorker(env)])
      expect(await outcome(start)).toContain(
        'default_transaction_isolation is "serializable" and must be "read committed"',
      );
    await setDefault('RESET default_transaction_isolation');
    expect(await outcome(system.startApi({ ...env, DATABASE_URL: `${bouncer.url}?schema=other` }))).toContain(
      'search_path leads to another schema than ?schema= of the address names',
    );
  }, 60_000);

  it('it does not start where nothing says that there is a PgBouncer', async () => {
    expect(await outcome(system.startApi({ DATABASE_URL: bouncer.url }))).toMatch(
      /unsupported startup parameter.*set DIRECT_DATABASE_URL/,
    );
  }, 60_000);
});
