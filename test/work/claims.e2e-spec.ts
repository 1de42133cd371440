import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { CLAIM_REPLY } from '../../src/chatroom/reply/reply.sql.js';
import { FINISH_ITEM, RELEASE_ITEM, SCHEDULE_ITEM, UNSCHEDULE_ITEM } from '../../src/infra/work/work.sql.js';
import { createDatabase, createRedisDatabase } from '../support/databases.js';
import { buildQueuedReply } from '../support/factories.js';
import { CLAIM, claimed, KIND, recoverReady, recoverRunning, WorkSetup } from './work-setup.js';
import { buildWorkerParts, type WorkerParts } from './worker-parts.js';

const setup = WorkSetup.use();

describe('a claim', () => {
  it('is one of twenty at once, in one process and over several', async () => {
    const [one, other] = [setup.worker(), setup.worker()];
    for (const parts of [[one], [one, other]]) {
      const id = await setup.makeItem();
      const leases = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          (parts[n % parts.length] as WorkerParts).leases.claim(CLAIM, id),
        ),
      );
      expect(leases.filter((lease) => lease !== null)).toHaveLength(1);
      expect(await setup.readItem(id)).toMatchObject({
        state: 'running',
        claim: 1,
        attempts: 0,
        lost_claims: 0,
      });
    }
  });

  it('may come in the very instant in which the item is made', async () => {
    const { leases } = setup.worker();
    for (let round = 0; round < 40; round += 1)
      expect(await leases.claim(CLAIM, await setup.makeItem())).not.toBeNull();
  });

  it('comes no earlier than the item is due, whatever its job or the recovery says', async () => {
    const parts = setup.worker();
    const id = await setup.makeItem();
    const { item } = await claimed(parts, id);
    const released = await parts.database.query(RELEASE_ITEM, [
      ...([KIND, id, item.claim] as const),
      ...([60_000, 1, 'flash', 'an error', 1_000, false] as const),
    ]);
    expect(released).toHaveLength(1);
    await setup.setItem(id, 'next_poll_at = now()');
    expect(await recoverReady(parts)).toEqual([]);
    expect(await parts.leases.claim(CLAIM, id)).toBeNull();
    await setup.setItem(id, 'run_at = now()');
    expect(await recoverReady(parts)).toMatchObject([{ subjectId: id, claim: 1 }]);
    expect((await claimed(parts, id)).item).toMatchObject({
      claim: 2,
      attempts: 1,
      lostClaims: 0,
      retryWith: 'flash',
    });
  });

  it('is not had of an item that waits behind another of its group', async () => {
    const id = await setup.makeItem();
    await setup.setItem(id, `group_key = 'room', owner_id = gen_random_uuid(), state = 'waiting'`);
    expect(await setup.worker().leases.claim(CLAIM, id)).toBeNull();
  });

  it('that conflicts with others raises no SQL error and costs no connection', async () => {
    const { url: quietUrl, drop: dropQuiet } = await createDatabase();
    const parts = buildWorkerParts(quietUrl, await createRedisDatabase());
    let removed = 0;
    parts.database.pool.on('remove', () => (removed += 1));
    const quiet = new pg.Pool({ connectionString: quietUrl, max: 2 });
    const userId = randomUUID();
    await quiet.query("INSERT INTO app_user (id, mobile) VALUES ($1, '+919800000000')", [userId]);
    const claim = { kind: 'reply' as const, claim: { statement: CLAIM_REPLY, values: [20] } };
    for (let round = 0; round < 10; round += 1) {
      const { replyId } = await buildQueuedReply(quiet, userId, 'A prompt');
      const leases = await Promise.all(Array.from({ length: 20 }, () => parts.leases.claim(claim, replyId)));
      expect(leases.filter((lease) => lease !== null)).toHaveLength(1);
      await expireLeases(quiet);
      await Promise.all(Array.from({ length: 5 }, () => recoverRunning(parts)));
      await Promise.all(Array.from({ length: 5 }, () => recoverReady(parts)));
    }
    expect(removed).toBe(0);
    expect(parts.database.pool.totalCount).toBeLessThanOrEqual(10);
    await parts.stop();
    // A session that ends has reported what it did.
    const { rows } = await quiet.query(
      'SELECT xact_rollback::int AS failed FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(rows).toEqual([{ failed: 0 }]);
    await quiet.end();
    await dropQuiet();
  });

  const expireLeases = (pool: pg.Pool) =>
    pool.query("UPDATE worker_process SET lease_until = now() - interval '1 second'");
});

describe('an item that is scheduled again during its run', () => {
  const schedule = (moment: string, id: string) =>
    setup.db.query(
      `${SCHEDULE_ITEM.text.replace('$3::timestamptz, $3::timestamptz', `${moment}, ${moment}`)}`,
      [KIND, id],
    );

  it.each([
    ['a later moment', "now() + interval '1 hour'"],
    ['a moment that has passed when the run ends', 'now()'],
  ])('for %s stays, and runs again then', async (_name, moment) => {
    const parts = setup.worker();
    const id = await setup.makeItem();
    const { item } = await claimed(parts, id);
    await schedule(moment, id);
    expect(await setup.readItem(id)).toMatchObject({ state: 'running', claim: 1 });
    expect(await parts.database.query(FINISH_ITEM, [KIND, id, item.claim])).toHaveLength(1);
    expect(await setup.readItem(id)).toMatchObject({
      state: 'ready',
      worker_id: null,
      claim: 1,
      attempts: 0,
    });
    await setup.setItem(id, 'run_at = least(run_at, now()), next_poll_at = least(next_poll_at, now())');
    expect(await recoverReady(parts)).toMatchObject([{ subjectId: id, claim: 1 }]);
    const again = await claimed(parts, id);
    expect(await parts.database.query(FINISH_ITEM, [KIND, id, again.item.claim])).toHaveLength(1);
    expect(await setup.readItem(id)).toBeUndefined();
  });

  it('is scheduled whether or not it exists, and unscheduled unless it runs', async () => {
    const parts = setup.worker();
    const id = randomUUID();
    await schedule("now() + interval '1 hour'", id);
    expect(await parts.leases.claim(CLAIM, id)).toBeNull();
    await schedule('now()', id);
    await claimed(parts, id);
    await setup.db.query(UNSCHEDULE_ITEM.text, [KIND, id]);
    expect(await setup.readItem(id)).toMatchObject({ state: 'running' });
    await setup.db.query(FINISH_ITEM.text, [KIND, id, 1]);
    await schedule('now()', id);
    await setup.db.query(UNSCHEDULE_ITEM.text, [KIND, id]);
    expect(await setup.readItem(id)).toBeUndefined();
  });
});
