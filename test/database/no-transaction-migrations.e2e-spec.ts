import { applyMigrations } from '../../src/infra/postgres/migrate.js';
import { onServer } from '../support/databases.js';
import { cleanUp, newDatabase, newFolder, outcome } from './migration-setup.js';

afterAll(cleanUp);

describe('a migration outside a transaction', () => {
  const CONCURRENTLY = `-- no-transaction; this comment's semicolon, and its quote, end nothing
DROP INDEX CONCURRENTLY IF EXISTS item_value;
CREATE UNIQUE INDEX CONCURRENTLY item_value ON item (value);
COMMENT ON INDEX item_value IS 'one; two''s; /* three;';
DO $body$ BEGIN PERFORM ';'; END $body$; /* a; b */
COMMENT ON TABLE item IS E'back\\\\slash \\'; quoted';`;

  test('runs at its statement boundaries, and concurrent runs do not block one another', async () => {
    const url = await newDatabase();
    const path = newFolder({ '1_item': 'CREATE TABLE item (value int)', '2_index': CONCURRENTLY });
    const runs = await Promise.all(Array.from({ length: 4 }, () => applyMigrations(url, path)));
    expect(runs.flat()).toEqual(['1_item', '2_index']);
    const comments = `SELECT obj_description('item_value'::regclass) AS index, obj_description('item'::regclass) AS item`;
    expect(await onServer(url, comments)).toEqual([
      { index: `one; two's; /* three;`, item: `back\\slash '; quoted` },
    ]);
  });

  test('is repeated from its first statement after a failure', async () => {
    const url = await newDatabase();
    const path = newFolder({
      '1_item': 'CREATE TABLE item (value int); INSERT INTO item VALUES (1), (1)',
      '2_index': CONCURRENTLY,
    });
    expect(await outcome(applyMigrations(url, path))).toMatch(
      /^2_index: SQLSTATE 23505: could not create unique/,
    );
    await onServer(url, 'DELETE FROM item');
    expect(await applyMigrations(url, path)).toEqual(['2_index']);
    const valid = `SELECT indisvalid FROM pg_index WHERE indexrelid = 'item_value'::regclass`;
    expect(await onServer(url, valid)).toEqual([{ indisvalid: true }]);
  });
});
