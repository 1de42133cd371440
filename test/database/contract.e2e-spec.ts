import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { RETRY_REPLY } from '../../src/chatroom/prompt/prompt.sql.js';
import { DELETE_CHATROOM } from '../../src/chatroom/room/chatroom.sql.js';
import { type Statement } from '../../src/infra/postgres/database.js';
import { CAPS, UpgradedDatabase } from './upgraded-database.js';

const database = UpgradedDatabase.use();
const { current } = database;
beforeAll(() => database.upgrade());

/** After it the release before cannot run any more. */
describe('the contract migrations', () => {
  beforeAll(async () => {
    for (const file of readdirSync('prisma/contract').sort())
      await database.rows(readFileSync(`prisma/contract/${file}`, 'utf8'));
  });

  it('leaves nothing of the bridge', async () => {
    const left = await database.rows(`
      SELECT tgname AS name FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'bridge%' UNION ALL
      SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'bridge%' UNION ALL
      SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'
        AND column_name IN ('ring_at', 'lease_until', 'available_at', 'sweep_at', 'delivery_attempts', 'unverified_email')
        AND table_name <> 'worker_process'`);
    expect(left).toEqual([]);
  });

  it('leaves every statement of this release able to run', async () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.sql.ts'),
    );
    const statements = files.flatMap((file) =>
      Object.values(jest.requireActual<Record<string, Partial<Statement>>>(resolve('src', file))).filter(
        (each): each is Statement => typeof each?.text === 'string' && typeof each.name === 'string',
      ),
    );
    expect(statements.length).toBeGreaterThan(60);
    const client = await database.db.connect();
    const failures: string[] = [];
    for (const { name: statement, text } of statements)
      await client
        .query(`PREPARE "${statement}" AS ${text}`)
        .catch((error: Error) => failures.push(`${statement}: ${error.message}`));
    client.release(true);
    expect(failures).toEqual([]);
  });

  it('leaves a prompt accepted, claimed, cancelled, retried, finished and deleted', async () => {
    const userId = await database.makeUser();
    const room = await database.makeRoom(userId);
    const [head, next] = [await current.accept(userId, room), await current.accept(userId, room)];
    expect((await current.claim(head)).claim).toBe(1);
    expect(await current.cancel(head, userId, 1)).toMatchObject({ status: 'cancelled', content: 'the text' });
    expect((await database.run(RETRY_REPLY, [head, room, userId, null, null, ...CAPS])).claim).toBe(2);
    expect(await database.states(head, next)).toEqual(['waiting', 'ready']);
    const { claim } = await current.claim(next);
    expect(await current.finish(next, claim, userId)).toBe(true);
    expect(await database.states(head, next)).toEqual(['ready', 'none']);
    expect(await database.run(DELETE_CHATROOM, [room, userId, CAPS[0], null])).toMatchObject({
      ended: [head],
    });
    expect(await database.states(head, next)).toEqual(['none', 'none']);
  });
});
