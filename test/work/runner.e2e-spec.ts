import {
  DONE,
  SETTLED,
  WORK_KINDS,
  type WorkContext,
  type WorkKind,
  type WorkProcessor,
  type WorkResult,
} from '../../src/infra/work/define-work.js';
import { eventually } from '../support/eventually.js';
import { claimed, KIND, recoverRunning, WorkSetup } from './work-setup.js';
import { type WorkerParts } from './worker-parts.js';

const setup = WorkSetup.use();

describe('the runner', () => {
  /** A processor of a kind; what its runs do is told by the test. */
  function processor(
    kind: WorkKind,
    run: (context: WorkContext) => Promise<WorkResult> = async () => DONE,
  ): WorkProcessor {
    const afterError = (_item: unknown, error: unknown): WorkResult => ({
      action: 'retry',
      delay: 0,
      failed: true,
      error: (error as Error).message,
    });
    return { kind, concurrency: 5, run, afterError };
  }
  const others = () => WORK_KINDS.filter((kind) => kind !== KIND).map((kind) => processor(kind));
  const enqueue = async ({ queue }: WorkerParts, id: string) =>
    expect(await queue.add(KIND, [{ subjectId: id, claim: 0, priority: 1 }])).toBe(true);

  /** Recovers meanwhile, as every worker does: on a busy machine a claim may fail, and its job is gone then. */
  const untilDone = (parts: WorkerParts, id: string) =>
    eventually('the item is done', async () => {
      await parts.recovery.run();
      return !(await setup.readItem(id));
    });

  it('does not start with a kind that has no processor, or two', () => {
    const { runner } = setup.worker();
    expect(() => runner.start(others())).toThrow('"chatroom-purge" has 0 processors');
    const all = [...others(), processor(KIND)];
    expect(() => runner.start([...all, processor('reply')])).toThrow('"reply" has 2 processors');
  });

  it('runs an item once for twenty jobs and recoveries, and deletes it', async () => {
    const parts = setup.worker();
    let runs = 0;
    parts.runner.start([...others(), processor(KIND, async () => ((runs += 1), DONE))]);
    const id = await setup.makeItem();
    await Promise.all(Array.from({ length: 20 }, () => enqueue(parts, id)));
    await untilDone(parts, id);
    await parts.recovery.run();
    expect(runs).toBe(1);
  });

  it('has an item whose job vanished from Redis run, and adds its job once', async () => {
    const parts = setup.worker();
    const id = await setup.makeItem();
    await enqueue(parts, id);
    await parts.jobs(KIND).obliterate({ force: true });
    await setup.setItem(id, 'next_poll_at = now()');
    await Promise.all(Array.from({ length: 5 }, () => parts.recovery.run()));
    const jobs = await parts.jobs(KIND).getJobs(['waiting', 'prioritized', 'delayed']);
    expect(jobs.map(({ data }) => data)).toEqual([{ id }]);
    parts.runner.start([...others(), processor(KIND)]);
    await untilDone(parts, id);
  });

  it('gives a failed run’s item back with its error, counts the attempt, and runs it again', async () => {
    const parts = setup.worker();
    const seen: number[] = [];
    const run = async ({ lease: { item } }: WorkContext): Promise<WorkResult> => {
      seen.push(item.attempts);
      if (item.attempts < 2) throw new Error(`attempt ${item.attempts} failed`);
      expect(await setup.readItem(item.subjectId)).toMatchObject({
        last_error: 'attempt 1 failed',
        lost_claims: 0,
        claim: 3,
      });
      return DONE;
    };
    parts.runner.start([...others(), processor(KIND, run)]);
    const id = await setup.makeItem();
    await enqueue(parts, id);
    await untilDone(parts, id);
    expect(seen).toEqual([0, 1, 2]);
  });

  it('has the item of a worker that was lost run elsewhere, while the lost run can write nothing', async () => {
    const [lost, next] = [setup.worker(), setup.worker()];
    let wake: () => void = () => undefined;
    const frozen = new Promise<void>((resolve) => (wake = resolve));
    const reasons: unknown[] = [];
    const slow = async ({ lease }: WorkContext): Promise<WorkResult> => {
      await frozen;
      reasons.push(lease.stopReason);
      return { action: 'retry', delay: 0, failed: true };
    };
    lost.runner.start([...others(), processor(KIND, slow)]);
    const id = await setup.makeItem();
    await enqueue(lost, id);
    await eventually('the item runs', async () => (await setup.readItem(id)).state === 'running');
    await setup.setItem(id, 'worker_id = gen_random_uuid()');
    // Without a job, which the lost process could take too.
    await recoverRunning(next);
    const lease = await claimed(next, id);
    await lost.leases.check(KIND, id);
    wake();
    await eventually('the lost run ends', () => reasons.length === 1);
    expect(reasons).toEqual(['lost']);
    expect(await setup.readItem(id)).toMatchObject({
      state: 'running',
      claim: lease.item.claim,
      attempts: 0,
      lost_claims: 1,
    });
  });

  it('keeps an item that its run has settled itself as the run left it', async () => {
    const parts = setup.worker();
    const run = async ({ lease: { item } }: WorkContext): Promise<WorkResult> => {
      await setup.db.query(
        `UPDATE work_item SET state = 'ready', worker_id = NULL, run_at = 'infinity' WHERE subject_id = $1`,
        [item.subjectId],
      );
      return SETTLED;
    };
    parts.runner.start([...others(), processor(KIND, run)]);
    const id = await setup.makeItem();
    await enqueue(parts, id);
    await eventually('the run is over', async () => {
      const { state, claim } = await setup.readItem(id);
      return state === 'ready' && claim === 1;
    });
    await setup.stopWorkers();
    expect(await setup.readItem(id)).toMatchObject({
      state: 'ready',
      attempts: 0,
      claim: 1,
      run_at: Infinity,
    });
  });
});
