import { eventually } from '../support/eventually.js';
import { buildQueuedReply } from '../support/factories.js';
import { System } from '../support/system.js';

describe('the worker', () => {
  let system: System;

  beforeAll(async () => {
    system = await System.start({ apis: 0, workers: 1 });
  });
  afterAll(() => system.stop());

  const reply = async (id: string) =>
    (await system.db.query('SELECT * FROM message WHERE id = $1', [id])).rows[0];

  it('finds a queued reply that nobody rang for, and answers it', async () => {
    const { id } = await system.user();
    const { replyId } = await buildQueuedReply(system.db, id, 'hello there [[say general]]');
    const row = await eventually('a final reply', async () => {
      const found = await reply(replyId);
      return found.status === 'completed' && found;
    });
    expect(row).toMatchObject({
      content: 'general',
      finish_reason: 'STOP',
      claim: 1,
    });
    expect((await system.db.query('SELECT 1 FROM work_item WHERE subject_id = $1', [replyId])).rowCount).toBe(
      0,
    );
  });

  it('gives up a reply that ten workers were lost with, and gives its unit back', async () => {
    const { id } = await system.user();
    const { replyId } = await buildQueuedReply(system.db, id, 'kills its workers');
    await system.db.query('INSERT INTO quota_usage (user_id, day, used) VALUES ($1, current_date, 3)', [id]);
    await system.db.query('UPDATE message SET quota_day = current_date WHERE id = $1', [replyId]);
    await system.db.query(
      `UPDATE work_item SET state = 'running', claim = 10, lost_claims = 9, worker_id = gen_random_uuid() WHERE subject_id = $1`,
      [replyId],
    );
    const row = await eventually('a final reply', async () => {
      const found = await reply(replyId);
      return found.status === 'failed' && found;
    });
    expect(row).toMatchObject({ error_code: 'reply.abandoned', content: null, claim: 11 });
    const { rows } = await system.db.query('SELECT used FROM quota_usage WHERE user_id = $1', [id]);
    expect(rows).toEqual([{ used: 2 }]);
    expect(system.gemini.journal.all().some(({ contents }) => /kills/.test(contents[0]?.text ?? ''))).toBe(
      false,
    );
  });
});
