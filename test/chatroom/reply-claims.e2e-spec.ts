import { randomUUID } from 'node:crypto';
import { failed } from '../../src/chatroom/reply/reply-result.js';
import { ReplyStore } from '../../src/chatroom/reply/reply.store.js';
import { RESCUE, type ReplyWork } from '../../src/chatroom/reply/reply.sql.js';
import type { Settings } from '../../src/config/settings.js';
import { Metrics } from '../../src/infra/metrics/metrics.js';
import { Database } from '../../src/infra/postgres/database.js';
import { createDatabase } from '../support/databases.js';
import { buildQueuedReply } from '../support/factories.js';

describe('a claim of a reply', () => {
  let database: Database;
  let store: ReplyStore;
  let drop: () => Promise<void>;
  let userId: string;

  beforeAll(async () => {
    const { url, drop: remove } = await createDatabase();
    drop = remove;
    const settings = { DATABASE_URL: url, DATABASE_POOL_SIZE: 10, DATABASE_PREPARED_STATEMENTS: true };
    database = new Database(settings as Settings);
    store = new ReplyStore(database, new Metrics());
    userId = randomUUID();
    await database.pool.query("INSERT INTO app_user (id, mobile) VALUES ($1, '+919800000000')", [userId]);
  });
  afterAll(async () => {
    await database.onApplicationShutdown();
    await drop();
  });

  const queued = () => buildQueuedReply(database.pool, userId, 'A prompt');
  const claimed = async (replyId: string): Promise<ReplyWork> => {
    const work = await store.claim(replyId);
    if (!work) throw new Error('not claimable');
    return work;
  };

  const rescued = async (replyId: string): Promise<boolean> =>
    (await database.query<{ id: string }>(RESCUE, [])).some(({ id }) => id === replyId);

  it('is one worker’s, of twenty that ask at once', async () => {
    const { replyId } = await queued();
    const works = await Promise.all(Array.from({ length: 20 }, () => store.claim(replyId)));
    expect(works.filter((work) => work !== null)).toHaveLength(1);
  });

  it('may come in the very instant of the acceptance', async () => {
    const { chatroomId } = await queued();
    for (let number = 3; number < 40; number += 1) {
      const { rows } = await database.pool.query(
        `INSERT INTO message (id, chatroom_id, number, role, status) VALUES (gen_random_uuid(), $1, $2, 'model', 'failed')
         RETURNING available_at <= now() AS due, ring_at <= now() AS ringable`,
        [chatroomId, number],
      );
      expect(rows).toEqual([{ due: true, ringable: true }]);
    }
  });

  it('is over once the reply was given back: a renewal that comes after that takes nothing', async () => {
    const { replyId } = await queued();
    const work = await claimed(replyId);
    expect(await store.renew(work)).toBe(true);
    expect(await store.postpone(work, 0, 0, null)).toBe(true);
    expect(await store.renew(work)).toBe(false);
    expect(await claimed(replyId)).toMatchObject({ claim: 2, lostClaims: 0 });
  });

  it('comes no earlier than the backoff says, whatever rings', async () => {
    const { replyId } = await queued();
    await store.postpone(await claimed(replyId), 60_000, 1, null);
    await database.pool.query('UPDATE message SET ring_at = now() WHERE id = $1', [replyId]);
    expect(await rescued(replyId)).toBe(false);
    expect(await store.claim(replyId)).toBeNull();
    await database.pool.query('UPDATE message SET available_at = now() WHERE id = $1', [replyId]);
    expect(await rescued(replyId)).toBe(true);
    expect(await claimed(replyId)).toMatchObject({ attempts: 1, lostClaims: 0 });
  });

  it('that was taken over writes nothing any more, while the other is still at work', async () => {
    const { replyId } = await queued();
    const late = await claimed(replyId);
    await database.pool.query('UPDATE message SET lease_until = now() WHERE id = $1', [replyId]);
    const work = await claimed(replyId);
    const read = async () =>
      (await database.pool.query('SELECT * FROM message WHERE id = $1', [replyId])).rows[0];
    const taken = await read();
    const ending = failed('gemini.unavailable', { model: 'flash', contextTrimmed: false });
    expect(await store.renew(late)).toBe(false);
    expect(await store.postpone(late, 0, 1, null)).toBe(false);
    expect(await store.finish(late, ending)).toBe(false);
    expect(await read()).toEqual(taken);
    expect(await store.finish(work, ending)).toBe(true);
    expect(await store.finish(work, ending)).toBe(false);
  });

  it('that was lost with its worker is rung for by one relay, not by the next', async () => {
    const { replyId } = await queued();
    await claimed(replyId);
    expect(await rescued(replyId)).toBe(false);
    await database.pool.query('UPDATE message SET lease_until = now(), ring_at = now() WHERE id = $1', [
      replyId,
    ]);
    expect([await rescued(replyId), await rescued(replyId)]).toEqual([true, false]);
    expect(await claimed(replyId)).toMatchObject({ claim: 2, lostClaims: 1 });
  });
});
