import type { Settings } from '../../src/config/settings.js';
import { Database, type Statement } from '../../src/infra/postgres/database.js';
import { createDatabase } from '../support/databases.js';

const COUNT: Statement<{ value: number }, []> = {
  name: 'count',
  text: 'UPDATE counter SET value = value + 1 RETURNING value',
};

it('what a process locked before it froze delays the statement of another, and does not end it', async () => {
  const { url, drop } = await createDatabase();
  const settings = {
    DATABASE_URL: url,
    DATABASE_POOL_SIZE: 2,
    DATABASE_PREPARED_STATEMENTS: true,
  } as Settings;
  const [frozen, other] = [new Database(settings), new Database(settings)];
  try {
    await other.query({ name: 'create', text: 'CREATE TABLE counter AS SELECT 0 AS value' }, []);
    let wake: () => void = () => undefined;
    const asleep = new Promise<void>((resolve) => (wake = resolve));
    const waiting = new Promise<{ ended: Promise<void> }>((resolve) => {
      const ended = frozen.transaction(async (sql) => {
        await sql.query(COUNT, []);
        resolve({ ended });
        await asleep;
      });
    });
    const { ended } = await waiting;
    const late = expect(ended).rejects.toMatchObject({ code: 'service.unavailable' });
    expect(await other.query(COUNT, [])).toEqual([{ value: 1 }]);
    wake();
    await late;
    expect(await other.query(COUNT, [])).toEqual([{ value: 2 }]);
  } finally {
    await Promise.all([frozen.onApplicationShutdown(), other.onApplicationShutdown()]);
    await drop();
  }
});
