import { randomUUID } from 'node:crypto';
import type { Settings } from '../../src/config/settings.js';
import { IdempotencyService } from '../../src/infra/idempotency/idempotency.service.js';
import { Database } from '../../src/infra/postgres/database.js';
import { createDatabase } from '../support/databases.js';

it('a request that outlives its claim of a key has no effect beside the one that took the key over', async () => {
  const { url, drop } = await createDatabase();
  const settings = { DATABASE_URL: url, DATABASE_POOL_SIZE: 4, DATABASE_PREPARED_STATEMENTS: true };
  const database = new Database(settings as Settings);
  const keys = new IdempotencyService(database);
  const request = { userId: randomUUID(), key: 'a-key', route: 'POST /somewhere', body: {} };
  const send = (name: string, meanwhile = async () => {}) =>
    keys.once(request, 201, async (sql) => {
      await sql.query({ name: 'mark', text: 'INSERT INTO mark VALUES ($1)' }, [name]);
      await meanwhile();
      return { name };
    });
  try {
    await database.pool.query('CREATE TABLE mark (name text)');
    const late = send('late', async () => {
      await expect(send('early')).rejects.toMatchObject({ code: 'idempotency.in_progress' });
      await database.pool.query('UPDATE idempotency_key SET expires_at = now()');
      expect(await send('second')).toMatchObject({ body: '{"name":"second"}', replayed: false });
    });
    await expect(late).rejects.toMatchObject({ code: 'idempotency.in_progress' });
    expect(await send('third')).toEqual({ status: 201, body: '{"name":"second"}', replayed: true });
    expect((await database.pool.query('SELECT name FROM mark')).rows).toEqual([{ name: 'second' }]);
  } finally {
    await database.onApplicationShutdown();
    await drop();
  }
});
