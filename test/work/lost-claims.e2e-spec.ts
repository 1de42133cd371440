import { FINISH_ITEM } from '../../src/infra/work/work.sql.js';
import { eventually } from '../support/eventually.js';
import { claimed, KIND, recoverReady, recoverRunning, WorkSetup } from './work-setup.js';
import { type WorkerParts } from './worker-parts.js';

const setup = WorkSetup.use();

describe('a claim whose worker is lost', () => {
  it('is returned once, to one of several processes that recover, and counted', async () => {
    const parts = Array.from({ length: 3 }, () => setup.worker());
    const id = await setup.makeItem();
    await claimed(parts[0] as WorkerParts, id);
    expect((await Promise.all(parts.map(recoverRunning))).flat()).toEqual([]);
    await setup.expireLease(id);
    const rounds = await Promise.all([...parts, ...parts, ...parts].map(recoverRunning));
    expect(rounds.flat()).toMatchObject([{ subjectId: id, claim: 1 }]);
    expect((await Promise.all(parts.map(recoverReady))).flat()).toEqual([]);
    expect(await setup.readItem(id)).toMatchObject({
      state: 'ready',
      worker_id: null,
      lost_claims: 1,
      attempts: 0,
    });
    expect((await claimed(parts[1] as WorkerParts, id)).item).toMatchObject({ claim: 2, lostClaims: 1 });
  });

  it('is returned when the process has no row any more', async () => {
    const parts = setup.worker();
    const id = await setup.makeItem();
    await claimed(parts, id);
    await parts.leases.onApplicationShutdown();
    expect(await recoverRunning(parts)).toEqual([]);
    await setup.db.query('DELETE FROM worker_process');
    expect(await recoverRunning(parts)).toMatchObject([{ subjectId: id }]);
  });

  it('is no longer held by the process that wakes late, and its run is told', async () => {
    const [late, next] = [setup.worker(), setup.worker()];
    const id = await setup.makeItem();
    const lease = await claimed(late, id);
    expect(lease.held).toBe(true);
    await setup.expireLease(id);
    await recoverRunning(next);
    const taken = await claimed(next, id);
    await late.leases.check(KIND, id);
    expect([lease.held, lease.stopReason]).toEqual([false, 'lost']);
    await next.leases.check(KIND, id);
    expect([taken.held, taken.stopReason]).toEqual([true, null]);
  });

  it('is not taken from a process that has only just renewed its lease', async () => {
    const parts = setup.worker();
    const id = await setup.makeItem();
    const lease = await claimed(parts, id);
    await setup.expireLease(id);
    await parts.leases.check(KIND, id);
    expect(await recoverRunning(parts)).toEqual([]);
    expect([lease.held, lease.stopReason]).toEqual([true, null]);
  });
});

describe('a claim whose response was lost with its connection', () => {
  it('is given back after two heartbeats, not counted as lost, and no other one is', async () => {
    const parts = setup.worker();
    const [known, orphan] = [await setup.makeItem(), await setup.makeItem()];
    const lease = await claimed(parts, known);
    await setup.setItem(
      orphan,
      `state = 'running', claim = 7, worker_id = (SELECT worker_id FROM work_item WHERE subject_id = '${known}')`,
    );
    await parts.leases.check(KIND, known);
    expect(await setup.readItem(orphan)).toMatchObject({ state: 'running' });
    await parts.leases.check(KIND, known);
    expect(await setup.readItem(orphan)).toMatchObject({
      state: 'ready',
      claim: 7,
      lost_claims: 0,
      attempts: 0,
      last_error: 'the claim was lost within its process',
    });
    expect(await setup.readItem(known)).toMatchObject({ state: 'running', claim: 1 });
    expect([lease.held, lease.stopReason]).toEqual([true, null]);
  });

  it('is given back by the heartbeat of a process that does nothing else', async () => {
    const parts = setup.worker();
    const [done, orphan] = [await setup.makeItem(), await setup.makeItem()];
    const lease = await claimed(parts, done);
    const { worker_id: workerId } = await setup.readItem(done);
    await parts.database.query(FINISH_ITEM, [KIND, done, 1]);
    parts.leases.end(lease);
    await setup.setItem(orphan, `state = 'running', claim = 1, worker_id = '${workerId}'`);
    parts.leases.start();
    await eventually('the orphan is ready', async () => (await setup.readItem(orphan)).state === 'ready');
  });
});
