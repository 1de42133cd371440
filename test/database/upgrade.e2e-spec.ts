import { randomUUID } from 'node:crypto';
import { RECOVER_READY } from '../../src/infra/work/work.sql.js';
import * as before from './release-before.js';
import { UPGRADE, UpgradedDatabase } from './upgraded-database.js';

const database = UpgradedDatabase.use();
const { current, former } = database;

describe('unfinished work of the release before', () => {
  let userId: string;
  const replies: Record<string, string> = {};
  const codes = { waiting: randomUUID(), delivered: randomUUID() };

  beforeAll(async () => {
    userId = await database.makeUser();
    const rooms = await Promise.all(Array.from({ length: 6 }, () => database.makeRoom(userId)));
    const [running, queued, postponed, ...more] = rooms as [string, string, string, ...string[]];
    const accept = (room: string) => former.accept(userId, room);
    replies.finished = await accept(running);
    await former.finish(replies.finished, (await former.claim(replies.finished)).claim);
    replies.running = await accept(running);
    replies.behindRunning = await accept(running);
    await former.claim(replies.running);
    replies.head = await accept(queued);
    replies.second = await accept(queued);
    replies.third = await accept(queued);
    replies.postponed = await accept(postponed);
    const { claim } = await former.claim(replies.postponed);
    await database.rows(before.POSTPONE, [replies.postponed, claim, 40_000, 1, 'flash-lite']);
    for (const [n, room] of more.entries()) replies[`more${n}`] = await accept(room);
    for (const event of ['evt_open', 'evt_failed', 'evt_done'])
      await database.rows(before.RECORD_EVENT, [event, 'invoice.paid', 'cus_1', 'request-3']);
    await database.rows(before.RECORD_EVENT, ['evt_without_customer', 'product.created', null, null]);
    await database.rows(before.CLAIM_EVENT, ['evt_failed', 0]);
    await database.rows(before.FINISH_EVENT, ['evt_done']);
    for (const [identity, id] of Object.entries(codes))
      await database.rows(before.SEND_CODE, [
        identity,
        'sign_in',
        id,
        userId,
        'hash',
        'sealed',
        5,
        null,
        0,
        100,
        [identity],
      ]);
    await database.rows(before.FORGET_CODE, [codes.delivered]);
    await database.rows(
      `INSERT INTO stripe_customer (id, user_id, sweep_at) VALUES ('cus_due', $1, now() - interval '1 day'),
      ('cus_later', NULL, now() + interval '1 day'), ('cus_never', NULL, NULL)`,
      [userId],
    );
    expect((await database.upgrade())[0]).toBe(UPGRADE);
  });

  const id = (reply: string) => replies[reply] as string;

  it('has an item for each unfinished reply, ready for the heads of four rooms', async () => {
    const [finished, running, behind] = [id('finished'), id('running'), id('behindRunning')];
    expect(await database.states(finished, running, behind, id('postponed'))).toEqual([
      'none',
      'ready',
      'waiting',
      'ready',
    ]);
    expect(await database.states(id('second'), id('third'))).toEqual(['waiting', 'waiting']);
    const heads = [id('running'), id('head'), id('postponed'), id('more0'), id('more1'), id('more2')];
    const found = (await database.states(...heads)).sort();
    expect(found).toEqual(['ready', 'ready', 'ready', 'ready', 'waiting', 'waiting']);
    expect(await database.rows(`SELECT count(*)::int AS items FROM work_item WHERE kind = 'reply'`)).toEqual([
      { items: 9 },
    ]);
  });

  it('keeps its place, its claims and attempts, its owner and when it is due', async () => {
    expect(await database.item(id('running'))).toMatchObject({
      owner_id: userId,
      claim: 1,
      position: 4,
      request_id: 'request-1',
    });
    expect(await database.item(id('postponed'))).toMatchObject({
      claim: 1,
      attempts: 1,
      retry_with: 'flash-lite',
    });
    const [head, postponed] = [
      await database.secondsLeft(id('head')),
      await database.secondsLeft(id('postponed')),
    ];
    expect(head).toBeGreaterThan(0);
    expect(head).toBeLessThanOrEqual(15);
    expect(postponed).toBeGreaterThan(15);
    expect(postponed).toBeLessThanOrEqual(40);
  });

  it('has items for unprocessed events, undelivered codes and customers with a date', async () => {
    const items = await database.rows(
      `SELECT kind, subject_id AS id, state, attempts FROM work_item WHERE kind <> 'reply' ORDER BY kind, subject_id`,
    );
    const ready = { state: 'ready', attempts: 0 };
    expect(items).toEqual([
      { kind: 'code-delivery', id: codes.waiting, ...ready },
      { kind: 'customer-reconciliation', id: 'cus_due', ...ready },
      { kind: 'customer-reconciliation', id: 'cus_later', ...ready },
      { kind: 'stripe-event', id: 'evt_failed', ...ready, attempts: 1 },
      { kind: 'stripe-event', id: 'evt_open', ...ready },
    ]);
    expect(await database.secondsLeft('cus_due')).toBeLessThan(0);
    expect(await database.secondsLeft('cus_later')).toBeGreaterThan(80_000);
  });

  it('is finished by this release, one after the other, when no process of the release before is left', async () => {
    await database.rows('UPDATE message SET lease_until = now() WHERE lease_until IS NOT NULL');
    const left = new Set(
      Object.entries(replies).flatMap(([key, reply]) => (key === 'finished' ? [] : [reply])),
    );
    while (left.size > 0) {
      await database.rows(
        `UPDATE work_item SET run_at = now(), next_poll_at = now() WHERE kind = 'reply' AND state = 'ready'`,
      );
      const ready = await database.rows(RECOVER_READY.text, [500, 5_000]);
      const found = ready.filter(({ kind }) => kind === 'reply');
      expect(found.length).toBeGreaterThan(0);
      expect(found.length).toBeLessThanOrEqual(4);
      for (const { subjectId } of found) {
        const { claim, prompt } = await current.claim(subjectId);
        expect(prompt).toBe('A prompt');
        expect(await current.finish(subjectId, claim, userId)).toBe(true);
        expect(left.delete(subjectId)).toBe(true);
      }
    }
    expect(await database.rows(`SELECT 1 FROM work_item WHERE kind = 'reply'`)).toEqual([]);
    expect(await database.rows('SELECT 1 FROM message WHERE completed_at IS NULL')).toEqual([]);
  });
});
