import { eventually } from '../support/eventually.js';
import { openRoom, prompt, reaches, ending } from '../support/rooms.js';
import { System } from '../support/system.js';

/** Renewals of the lease that the reply lives through, at least. */
const RENEWALS = 5;

interface Counts {
  /** Row versions that are no longer visible to anyone. */
  dead: number;
  updates: number;
}

describe('a reply that takes long', () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start({ workers: 1 });
    for (const table of ['message', 'work_item', 'worker_process'])
      await system.db.query(`ALTER TABLE ${table} SET (autovacuum_enabled = off)`);
  });
  afterAll(() => system.stop());

  /** What PostgreSQL has counted; a process reports what it did within a second or so. */
  async function counts(table: string): Promise<Counts> {
    const { rows } = await system.db.query(
      'SELECT n_dead_tup::int AS dead, n_tup_upd::int AS updates FROM pg_stat_user_tables WHERE relname = $1',
      [table],
    );
    return rows[0] as Counts;
  }

  it('leaves at most 4 dead row versions among the work items, and none among the messages while it runs', async () => {
    const person = await system.signedIn();
    const room = await openRoom(person);
    const reply = await prompt(person, room, 'Take your time [[slow chunks=120 delay=200ms]] [[words 300]]');
    await reaches(person, room, reply, ['in_progress']);
    const before = (await counts('worker_process')).updates;
    await eventually(
      'the lease was renewed often enough',
      async () => (await counts('worker_process')).updates >= before + RENEWALS,
      30_000,
    );
    const { rows } = await system.db.query('SELECT state, claim FROM work_item WHERE subject_id = $1', [
      reply,
    ]);
    expect(rows).toEqual([{ state: 'running', claim: 1 }]);
    expect(await counts('message')).toEqual({ dead: 0, updates: 0 });
    expect((await counts('work_item')).dead).toBeLessThanOrEqual(2);
    expect(await ending(person, room, reply, 40_000)).toMatchObject({ status: 'completed' });
    await eventually('the end is counted', async () => (await counts('message')).updates === 1);
    await eventually('the deletion is counted', async () => (await counts('work_item')).dead >= 2);
    expect((await counts('work_item')).dead).toBeLessThanOrEqual(4);
    expect((await counts('message')).dead).toBeLessThanOrEqual(1);
  }, 120_000);
});
