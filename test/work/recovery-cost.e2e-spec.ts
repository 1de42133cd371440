import pg from 'pg';
import type { Statement } from '../../src/infra/postgres/database.js';
import { RECOVER_READY, RECOVER_RUNNING } from '../../src/infra/work/work.sql.js';
import { createDatabase } from '../support/databases.js';

/** Owners, and rooms of each. Every room has a reply that runs; all the others wait behind it. */
const OWNERS = 50;
const ROOMS = 4;

/** The cost of what the recovery does once a second in every worker, in blocks: time would say more about the machine. */
describe('a pass of the recovery', () => {
  let db: pg.Pool;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    const { url, drop: remove } = await createDatabase();
    drop = remove;
    db = new pg.Pool({ connectionString: url, max: 1 });
    await db.query('ALTER TABLE work_item SET (autovacuum_enabled = off)');
    await db.query(
      `INSERT INTO worker_process (id, lease_until) VALUES ('${WORKER}', now() + interval '1 hour')`,
    );
  });
  afterAll(async () => {
    await db.end();
    await drop();
  });
  beforeEach(() => db.query('TRUNCATE work_item'));

  const WORKER = '00000000-0000-4000-8000-000000000000';

  /** Owners' rooms with one running reply each, and so many replies that wait behind those. */
  async function fill(waiting: number): Promise<void> {
    await db.query(
      `INSERT INTO work_item (kind, subject_id, group_key, position, owner_id, state, worker_id)
       SELECT 'reply', gen_random_uuid()::text, 'room ' || room, room, md5((room % $2)::text)::uuid, 'running', $3
       FROM generate_series(1, $1::int) room`,
      [OWNERS * ROOMS, OWNERS, WORKER],
    );
    await db.query(
      `INSERT INTO work_item (kind, subject_id, group_key, position, owner_id, state)
       SELECT 'reply', gen_random_uuid()::text, 'room ' || n % $2, n, md5((n % $2 % $3)::text)::uuid, 'waiting'
       FROM generate_series(1, $1::int) n`,
      [waiting, OWNERS * ROOMS, OWNERS],
    );
    await db.query('VACUUM ANALYZE work_item');
    await db.query('ANALYZE worker_process');
  }

  /** Blocks that a statement touched, in PostgreSQL's cache or beyond it, and the rows that it returned. */
  async function cost({ text }: Statement): Promise<{ blocks: number; rows: number }> {
    const { rows } = await db.query(
      `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ${text}`,
      [500, 5_000],
    );
    const { Plan: plan } = rows[0]['QUERY PLAN'][0];
    return { blocks: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'], rows: plan['Actual Rows'] };
  }

  /** The cost of a pass after one that has warmed the catalogue's cache. */
  async function pass(): Promise<{ running: number; ready: number; rows: number }> {
    for (const statement of [RECOVER_RUNNING, RECOVER_READY]) await cost(statement);
    const [running, ready] = [await cost(RECOVER_RUNNING), await cost(RECOVER_READY)];
    return { running: running.blocks, ready: ready.blocks, rows: running.rows + ready.rows };
  }

  it('costs with 200,000 waiting replies what it costs with 20', async () => {
    await fill(20);
    const few = await pass();
    await db.query('TRUNCATE work_item');
    await fill(200_000);
    const many = await pass();
    // What runs is read once; an index that has one level more costs one block for each descent.
    expect(many.rows).toBe(0);
    expect(many.ready).toBeLessThanOrEqual(few.ready + 2);
    expect(many.running).toBeLessThanOrEqual(few.running + 4);
    expect(many.running + many.ready).toBeLessThan(50);
  });

  it('finds the due and the lost ones among 200,000 that wait, at the cost of those alone', async () => {
    await fill(200_000);
    await db.query(`
      UPDATE work_item SET state = 'ready', worker_id = NULL, next_poll_at = now() WHERE position BETWEEN 1 AND 10 AND state = 'running'`);
    await db.query(`
      UPDATE work_item SET worker_id = gen_random_uuid() WHERE position BETWEEN 11 AND 20 AND state = 'running'`);
    const [running, ready] = [await cost(RECOVER_RUNNING), await cost(RECOVER_READY)];
    expect([running.rows, ready.rows]).toEqual([10, 10]);
    expect(running.blocks + ready.blocks).toBeLessThan(600);
  });
});
