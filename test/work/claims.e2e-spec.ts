import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { CLAIM_DELIVERY, FINISH_DELIVERY } from '../../src/auth/otp/otp.sql.js';
import { failed, toColumns } from '../../src/chatroom/reply/reply-result.js';
import { CLAIM_REPLY, FINISH_REPLY } from '../../src/chatroom/reply/reply.sql.js';
import {
  DONE,
  SETTLED,
  WORK_KINDS,
  type Lease,
  type WorkContext,
  type WorkKind,
  type WorkProcessor,
  type WorkResult,
} from '../../src/infra/work/define-work.js';
import {
  FINISH_ITEM,
  RECOVER_READY,
  RECOVER_RUNNING,
  RELEASE_ITEM,
  SCHEDULE_ITEM,
  UNSCHEDULE_ITEM,
} from '../../src/infra/work/work.sql.js';
import {
  CLAIM_STRIPE_EVENT,
  FINISH_STRIPE_EVENT,
  RECORD_STRIPE_EVENT,
} from '../../src/webhook/stripe-event.sql.js';
import type { ValuesOf } from '../../src/infra/postgres/database.js';
import { createDatabase, createRedisDatabase } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { buildQueuedReply } from '../support/factories.js';
import { buildWorkerParts, type WorkerParts } from './worker-parts.js';

let url: string;
let redisUrl: string;
let drop: () => Promise<void>;
let db: pg.Pool;
const opened: WorkerParts[] = [];

/** A worker process' engine of its own. */
function worker(poolSize?: number): WorkerParts {
  const parts = buildWorkerParts(url, redisUrl, poolSize);
  opened.push(parts);
  return parts;
}

beforeAll(async () => {
  // Runs that fail here on purpose are logged.
  Logger.overrideLogger(false);
  ({ url, drop } = await createDatabase());
  redisUrl = await createRedisDatabase();
  db = new pg.Pool({ connectionString: url, max: 4 });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((parts) => parts.stop()));
  await db.query('DELETE FROM work_item');
});
afterAll(async () => {
  await db.end();
  await drop();
});

/** A kind that is claimed by the engine's own statement. */
const KIND: WorkKind = 'chatroom-purge';
const CLAIM = { kind: KIND };

async function makeItem(kind: WorkKind = KIND): Promise<string> {
  const id = randomUUID();
  await db.query('INSERT INTO work_item (kind, subject_id) VALUES ($1, $2)', [kind, id]);
  return id;
}
const readItem = async (id: string) =>
  (await db.query('SELECT * FROM work_item WHERE subject_id = $1', [id])).rows[0];
const setItem = (id: string, change: string) =>
  db.query(`UPDATE work_item SET ${change} WHERE subject_id = $1`, [id]);

/** As if the process that holds an item had been silent for longer than its lease. */
const expireLease = (id: string) =>
  db.query(
    `UPDATE worker_process SET lease_until = now() - interval '1 second'
     WHERE id = (SELECT worker_id FROM work_item WHERE subject_id = $1)`,
    [id],
  );

async function claimed(
  parts: WorkerParts,
  id: string,
  claim: Pick<WorkProcessor, 'kind' | 'claim'> = CLAIM,
): Promise<Lease> {
  const lease = await parts.leases.claim(claim, id);
  if (!lease) throw new Error('not claimed');
  return lease;
}

const recoverRunning = ({ database }: WorkerParts) => database.query(RECOVER_RUNNING, [500, 5_000]);
const recoverReady = ({ database }: WorkerParts) => database.query(RECOVER_READY, [500, 5_000]);

describe('a claim', () => {
  it('is one of twenty at once, in one process and over several', async () => {
    const [one, other] = [worker(), worker()];
    for (const parts of [[one], [one, other]]) {
      const id = await makeItem();
      const leases = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          (parts[n % parts.length] as WorkerParts).leases.claim(CLAIM, id),
        ),
      );
      expect(leases.filter((lease) => lease !== null)).toHaveLength(1);
      expect(await readItem(id)).toMatchObject({ state: 'running', claim: 1, attempts: 0, lost_claims: 0 });
    }
  });

  it('may come in the very instant in which the item is made', async () => {
    const { leases } = worker();
    for (let round = 0; round < 40; round += 1)
      expect(await leases.claim(CLAIM, await makeItem())).not.toBeNull();
  });

  it('comes no earlier than the item is due, whatever its job or the recovery says', async () => {
    const parts = worker();
    const id = await makeItem();
    const { item } = await claimed(parts, id);
    const released = await parts.database.query(RELEASE_ITEM, [
      ...([KIND, id, item.claim] as const),
      ...([60_000, 1, 'flash', 'an error', 1_000] as const),
    ]);
    expect(released).toHaveLength(1);
    await setItem(id, 'next_poll_at = now()');
    expect(await recoverReady(parts)).toEqual([]);
    expect(await parts.leases.claim(CLAIM, id)).toBeNull();
    await setItem(id, 'run_at = now()');
    expect(await recoverReady(parts)).toMatchObject([{ subjectId: id, claim: 1 }]);
    expect((await claimed(parts, id)).item).toMatchObject({
      claim: 2,
      attempts: 1,
      lostClaims: 0,
      retryWith: 'flash',
    });
  });

  it('is not had of an item that waits behind another of its group', async () => {
    const id = await makeItem();
    await setItem(id, `group_key = 'room', owner_id = gen_random_uuid(), state = 'waiting'`);
    expect(await worker().leases.claim(CLAIM, id)).toBeNull();
  });

  it('that conflicts with others raises no SQL error and costs no connection', async () => {
    const { url: quietUrl, drop: dropQuiet } = await createDatabase();
    const parts = buildWorkerParts(quietUrl, redisUrl);
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

describe('a claim whose worker is lost', () => {
  it('is returned once, to one of several processes that recover, and counted', async () => {
    const parts = Array.from({ length: 3 }, () => worker());
    const id = await makeItem();
    await claimed(parts[0] as WorkerParts, id);
    expect((await Promise.all(parts.map(recoverRunning))).flat()).toEqual([]);
    await expireLease(id);
    const rounds = await Promise.all([...parts, ...parts, ...parts].map(recoverRunning));
    expect(rounds.flat()).toMatchObject([{ subjectId: id, claim: 1 }]);
    expect((await Promise.all(parts.map(recoverReady))).flat()).toEqual([]);
    expect(await readItem(id)).toMatchObject({
      state: 'ready',
      worker_id: null,
      lost_claims: 1,
      attempts: 0,
    });
    expect((await claimed(parts[1] as WorkerParts, id)).item).toMatchObject({ claim: 2, lostClaims: 1 });
  });

  it('is returned when the process has no row any more', async () => {
    const parts = worker();
    const id = await makeItem();
    await claimed(parts, id);
    await parts.leases.onApplicationShutdown();
    expect(await recoverRunning(parts)).toEqual([]);
    await db.query('DELETE FROM worker_process');
    expect(await recoverRunning(parts)).toMatchObject([{ subjectId: id }]);
  });

  it('is no longer held by the process that wakes late, and its run is told', async () => {
    const [late, next] = [worker(), worker()];
    const id = await makeItem();
    const lease = await claimed(late, id);
    expect(lease.held).toBe(true);
    await expireLease(id);
    await recoverRunning(next);
    const taken = await claimed(next, id);
    await late.leases.check(KIND, id);
    expect([lease.held, lease.stopReason]).toEqual([false, 'lost']);
    await next.leases.check(KIND, id);
    expect([taken.held, taken.stopReason]).toEqual([true, null]);
  });

  it('is not taken from a process that has only just renewed its lease', async () => {
    const parts = worker();
    const id = await makeItem();
    const lease = await claimed(parts, id);
    await expireLease(id);
    await parts.leases.check(KIND, id);
    expect(await recoverRunning(parts)).toEqual([]);
    expect([lease.held, lease.stopReason]).toEqual([true, null]);
  });
});

describe('a claim that is late', () => {
  interface Case {
    claim: Pick<WorkProcessor, 'kind' | 'claim'>;
    make: () => Promise<{ id: string; read: () => Promise<unknown> }>;
    finish: (parts: WorkerParts, id: string, claim: number) => Promise<boolean>;
  }
  const rowOf = (table: string, id: string) => async () =>
    (await db.query(`SELECT * FROM ${table} WHERE id::text = $1`, [id])).rows;
  /** Whether a statement without RETURNING changed something is seen in its item. */
  const ended = async (id: string) => (await readItem(id)) === undefined;

  const cases: Record<string, Case> = {
    'the engine’s own': {
      claim: CLAIM,
      make: async () => ({ id: await makeItem(), read: async () => [] }),
      finish: async ({ database }, id, claim) =>
        (await database.query(FINISH_ITEM, [KIND, id, claim])).length === 1,
    },
    'of a reply': {
      claim: { kind: 'reply', claim: { statement: CLAIM_REPLY, values: [20] } },
      make: async () => {
        const userId = randomUUID();
        await db.query('INSERT INTO app_user (id, mobile) VALUES ($1, $2)', [
          userId,
          `+9198${Date.now() % 1e8}`,
        ]);
        const { replyId: id } = await buildQueuedReply(db, userId, 'A prompt');
        return { id, read: rowOf('message', id) };
      },
      finish: async ({ database }, id, claim) => {
        const { owner_id: owner } = (await readItem(id)) ?? {};
        const result = failed('gemini.unavailable', { model: 'flash', contextTrimmed: false });
        const [row] = await database.query(FINISH_REPLY, [id, claim, ...toColumns(result), owner, 4]);
        return row?.ended === true;
      },
    },
    'of a Stripe event': {
      claim: { kind: 'stripe-event', claim: { statement: CLAIM_STRIPE_EVENT, values: [] } },
      make: async () => {
        const id = `evt_${randomUUID()}`;
        await db.query(RECORD_STRIPE_EVENT.text, [id, 'invoice.paid', 'cus_1', null]);
        return { id, read: rowOf('stripe_event', id) };
      },
      finish: async ({ database }, id, claim) => {
        await database.query(FINISH_STRIPE_EVENT, [id, claim]);
        return ended(id);
      },
    },
    'of the delivery of a code': {
      claim: { kind: 'code-delivery', claim: { statement: CLAIM_DELIVERY, values: [] } },
      make: async () => {
        const id = await makeItem('code-delivery');
        await db.query(
          `INSERT INTO one_time_code (identity, purpose, id, code_hash, sealed_code, expires_at)
           VALUES ($1::text, 'sign_in', $1::uuid, 'hash', 'sealed', now() + interval '5 minutes')`,
          [id],
        );
        return { id, read: rowOf('one_time_code', id) };
      },
      finish: async ({ database }, id, claim) => {
        await database.query(FINISH_DELIVERY, [id, claim]);
        return ended(id);
      },
    },
  };

  it.each(Object.entries(cases))('writes nothing: %s', async (_name, { claim, make, finish }) => {
    const [slow, next] = [worker(), worker()];
    const { id, read } = await make();
    const late = await claimed(slow, id, claim);
    await expireLease(id);
    await recoverRunning(next);
    const state = async () => [await readItem(id), await read()];
    const writesNothing = async () => {
      const before = await state();
      const release: ValuesOf<typeof RELEASE_ITEM> = [claim.kind, id, late.item.claim, 0, 1, null, null, 0];
      expect(await slow.database.query(RELEASE_ITEM, release)).toEqual([]);
      expect(await finish(slow, id, late.item.claim)).toBe(false);
      expect(await state()).toEqual(before);
    };
    await writesNothing();
    const taken = await claimed(next, id, claim);
    await writesNothing();
    expect(await finish(next, id, taken.item.claim)).toBe(true);
    const settled = await state();
    expect(settled[0]).toBeUndefined();
    await finish(next, id, taken.item.claim);
    expect(await state()).toEqual(settled);
  });

  it('gives nothing back once the item was given back', async () => {
    const parts = worker();
    const id = await makeItem();
    const { item } = await claimed(parts, id);
    const values: ValuesOf<typeof RELEASE_ITEM> = [KIND, id, item.claim, 0, 0, null, null, 0];
    expect(await parts.database.query(RELEASE_ITEM, values)).toHaveLength(1);
    expect(await parts.database.query(RELEASE_ITEM, values)).toEqual([]);
    await parts.leases.check(KIND, id);
    expect((await claimed(parts, id)).item).toMatchObject({ claim: 2, lostClaims: 0, attempts: 0 });
  });
});

describe('a claim whose response was lost with its connection', () => {
  it('is given back after two heartbeats, not counted as lost, and no other one is', async () => {
    const parts = worker();
    const [known, orphan] = [await makeItem(), await makeItem()];
    const lease = await claimed(parts, known);
    await setItem(
      orphan,
      `state = 'running', claim = 7, worker_id = (SELECT worker_id FROM work_item WHERE subject_id = '${known}')`,
    );
    await parts.leases.check(KIND, known);
    expect(await readItem(orphan)).toMatchObject({ state: 'running' });
    await parts.leases.check(KIND, known);
    expect(await readItem(orphan)).toMatchObject({
      state: 'ready',
      claim: 7,
      lost_claims: 0,
      attempts: 0,
      last_error: 'the claim was lost within its process',
    });
    expect(await readItem(known)).toMatchObject({ state: 'running', claim: 1 });
    expect([lease.held, lease.stopReason]).toEqual([true, null]);
  });

  it('is given back by the heartbeat of a process that does nothing else', async () => {
    const parts = worker();
    const [done, orphan] = [await makeItem(), await makeItem()];
    const lease = await claimed(parts, done);
    const { worker_id: workerId } = await readItem(done);
    await parts.database.query(FINISH_ITEM, [KIND, done, 1]);
    parts.leases.end(lease);
    await setItem(orphan, `state = 'running', claim = 1, worker_id = '${workerId}'`);
    parts.leases.start();
    await eventually('the orphan is ready', async () => (await readItem(orphan)).state === 'ready');
  });
});

describe('an item that is scheduled again during its run', () => {
  const schedule = (moment: string, id: string) =>
    db.query(`${SCHEDULE_ITEM.text.replace('$3::timestamptz, $3::timestamptz', `${moment}, ${moment}`)}`, [
      KIND,
      id,
    ]);

  it.each([
    ['a later moment', "now() + interval '1 hour'"],
    ['a moment that has passed when the run ends', 'now()'],
  ])('for %s stays, and runs again then', async (_name, moment) => {
    const parts = worker();
    const id = await makeItem();
    const { item } = await claimed(parts, id);
    await schedule(moment, id);
    expect(await readItem(id)).toMatchObject({ state: 'running', claim: 1 });
    expect(await parts.database.query(FINISH_ITEM, [KIND, id, item.claim])).toHaveLength(1);
    expect(await readItem(id)).toMatchObject({ state: 'ready', worker_id: null, claim: 1, attempts: 0 });
    await setItem(id, 'run_at = least(run_at, now()), next_poll_at = least(next_poll_at, now())');
    expect(await recoverReady(parts)).toMatchObject([{ subjectId: id, claim: 1 }]);
    const again = await claimed(parts, id);
    expect(await parts.database.query(FINISH_ITEM, [KIND, id, again.item.claim])).toHaveLength(1);
    expect(await readItem(id)).toBeUndefined();
  });

  it('is scheduled whether or not it exists, and unscheduled unless it runs', async () => {
    const parts = worker();
    const id = randomUUID();
    await schedule("now() + interval '1 hour'", id);
    expect(await parts.leases.claim(CLAIM, id)).toBeNull();
    await schedule('now()', id);
    await claimed(parts, id);
    await db.query(UNSCHEDULE_ITEM.text, [KIND, id]);
    expect(await readItem(id)).toMatchObject({ state: 'running' });
    await db.query(FINISH_ITEM.text, [KIND, id, 1]);
    await schedule('now()', id);
    await db.query(UNSCHEDULE_ITEM.text, [KIND, id]);
    expect(await readItem(id)).toBeUndefined();
  });
});

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

  it('does not start with a kind that has no processor, or two', () => {
    const { runner } = worker();
    expect(() => runner.start(others())).toThrow('"chatroom-purge" has 0 processors');
    const all = [...others(), processor(KIND)];
    expect(() => runner.start([...all, processor('reply')])).toThrow('"reply" has 2 processors');
  });

  it('runs an item once for twenty jobs and recoveries, and deletes it', async () => {
    const parts = worker();
    let runs = 0;
    parts.runner.start([...others(), processor(KIND, async () => ((runs += 1), DONE))]);
    const id = await makeItem();
    await Promise.all(Array.from({ length: 20 }, () => enqueue(parts, id)));
    await eventually('the item is done', async () => !(await readItem(id)));
    await parts.recovery.run();
    expect(runs).toBe(1);
  });

  it('has an item whose job vanished from Redis run, and adds its job once', async () => {
    const parts = worker();
    const id = await makeItem();
    await enqueue(parts, id);
    await parts.jobs(KIND).obliterate({ force: true });
    await setItem(id, 'next_poll_at = now()');
    await Promise.all(Array.from({ length: 5 }, () => parts.recovery.run()));
    const jobs = await parts.jobs(KIND).getJobs(['waiting', 'prioritized', 'delayed']);
    expect(jobs.map(({ data }) => data)).toEqual([{ id }]);
    parts.runner.start([...others(), processor(KIND)]);
    await eventually('the item is done', async () => !(await readItem(id)));
  });

  it('gives a failed run’s item back with its error, counts the attempt, and runs it again', async () => {
    const parts = worker();
    const seen: number[] = [];
    const run = async ({ lease: { item } }: WorkContext): Promise<WorkResult> => {
      seen.push(item.attempts);
      if (item.attempts < 2) throw new Error(`attempt ${item.attempts} failed`);
      expect(await readItem(item.subjectId)).toMatchObject({
        last_error: 'attempt 1 failed',
        lost_claims: 0,
        claim: 3,
      });
      return DONE;
    };
    parts.runner.start([...others(), processor(KIND, run)]);
    const id = await makeItem();
    await enqueue(parts, id);
    await eventually('the item is done', async () => !(await readItem(id)));
    expect(seen).toEqual([0, 1, 2]);
  });

  it('has the item of a worker that was lost run elsewhere, while the lost run can write nothing', async () => {
    const [lost, next] = [worker(), worker()];
    let wake: () => void = () => undefined;
    const frozen = new Promise<void>((resolve) => (wake = resolve));
    const reasons: unknown[] = [];
    const slow = async ({ lease }: WorkContext): Promise<WorkResult> => {
      await frozen;
      reasons.push(lease.stopReason);
      return { action: 'retry', delay: 0, failed: true };
    };
    lost.runner.start([...others(), processor(KIND, slow)]);
    const id = await makeItem();
    await enqueue(lost, id);
    await eventually('the item runs', async () => (await readItem(id)).state === 'running');
    await setItem(id, 'worker_id = gen_random_uuid()');
    // Without a job, which the lost process could take too.
    await recoverRunning(next);
    const lease = await claimed(next, id);
    await lost.leases.check(KIND, id);
    wake();
    await eventually('the lost run ends', () => reasons.length === 1);
    expect(reasons).toEqual(['lost']);
    expect(await readItem(id)).toMatchObject({
      state: 'running',
      claim: lease.item.claim,
      attempts: 0,
      lost_claims: 1,
    });
  });

  it('keeps an item that its run has settled itself as the run left it', async () => {
    const parts = worker();
    const run = async ({ lease: { item } }: WorkContext): Promise<WorkResult> => {
      await db.query(
        `UPDATE work_item SET state = 'ready', worker_id = NULL, run_at = 'infinity' WHERE subject_id = $1`,
        [item.subjectId],
      );
      return SETTLED;
    };
    parts.runner.start([...others(), processor(KIND, run)]);
    const id = await makeItem();
    await enqueue(parts, id);
    await eventually('the run is over', async () => {
      const { state, claim } = await readItem(id);
      return state === 'ready' && claim === 1;
    });
    await Promise.all(opened.splice(0).map((one) => one.stop()));
    expect(await readItem(id)).toMatchObject({ state: 'ready', attempts: 0, claim: 1, run_at: Infinity });
  });
});
