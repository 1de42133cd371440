import { eventually } from '../support/eventually.js';
import { System } from '../support/system.js';

let system: System;
beforeAll(async () => {
  system = await System.start({ workers: 0 });
});
afterAll(() => system.stop());

/** Inserts events that arrived `days` ago, and were processed at once or wait for a retry. */
const insert = (name: string, days: number, { done = true, events = 1 } = {}) =>
  system.db.query(
    `INSERT INTO stripe_event (id, type, customer_id, received_at, processed_at, ring_at)
     SELECT $1 || ' ' || n, 'invoice.paid', 'cus_stranger', at, CASE WHEN $3 THEN at END, now() + interval '1 hour'
     FROM (SELECT now() - make_interval(days => $2) AS at) moment, generate_series(1, $4) n`,
    [name, days, done, events],
  );

it('a worker deletes events that were processed sixty days ago, more than a thousand of them too, and no others', async () => {
  await insert('old', 61, { events: 2_500 });
  await insert('recent', 59);
  await insert('undone', 61, { done: false });
  await system.startWorker();
  const left = async () => (await system.db.query('SELECT id FROM stripe_event ORDER BY id')).rows;
  await eventually('the old ones to be gone', async () => (await left()).length === 2);
  expect(await left()).toEqual([{ id: 'recent 1' }, { id: 'undone 1' }]);
});
