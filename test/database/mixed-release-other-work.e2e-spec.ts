import { PURGE_SESSIONS } from '../../src/auth/session/session.sql.js';
import {
  CLAIM_STRIPE_EVENT,
  FINISH_STRIPE_EVENT,
  RECORD_STRIPE_EVENT,
} from '../../src/webhook/stripe-event.sql.js';
import * as before from './release-before.js';
import { UpgradedDatabase, WORKER } from './upgraded-database.js';

const database = UpgradedDatabase.use();
beforeAll(() => database.upgrade());

describe('other work of the release before, on the new schema', () => {
  it('an event has an item that waits until its own release is done, or takes over', async () => {
    await database.rows(before.RECORD_EVENT, ['evt_old', 'invoice.paid', 'cus_1', 'request-8']);
    expect(await database.item('evt_old')).toMatchObject({
      kind: 'stripe-event',
      state: 'ready',
      request_id: 'request-8',
    });
    expect(await database.secondsLeft('evt_old')).toBeGreaterThan(30);
    expect(await database.row(before.CLAIM_EVENT, ['evt_old', 0])).toMatchObject({ attempts: 1 });
    await database.rows(before.FINISH_EVENT, ['evt_old']);
    expect(await database.states('evt_old')).toEqual(['none']);
    await database.rows(before.RECORD_EVENT, ['evt_left', 'invoice.paid', 'cus_1', null]);
    await database.becomesDue('evt_left');
    expect(await database.run(CLAIM_STRIPE_EVENT, ['evt_left', WORKER])).toMatchObject({
      claim: 1,
      customerId: 'cus_1',
    });
    await database.rows(FINISH_STRIPE_EVENT.text, ['evt_left', 1]);
    expect(await database.states('evt_left')).toEqual(['none']);
    expect(
      await database.rows(`SELECT 1 FROM stripe_event WHERE id = 'evt_left' AND processed_at IS NULL`),
    ).toEqual([]);
  });

  it('an event of this release is not seen by the release before', async () => {
    await database.rows(`UPDATE stripe_event SET processed_at = coalesce(processed_at, now())`);
    await database.run(RECORD_STRIPE_EVENT, ['evt_new', 'invoice.paid', 'cus_1', null, null]);
    expect(await database.rows(before.FIND_DUE_EVENTS)).toEqual([]);
    expect(await database.states('evt_new')).toEqual(['ready']);
    expect(await database.run(CLAIM_STRIPE_EVENT, ['evt_new', WORKER])).toMatchObject({ claim: 1 });
  });

  it('a customer’s next look is scheduled by either release', async () => {
    await database.rows(`INSERT INTO stripe_customer (id) VALUES ('cus_new')`);
    expect(await database.states('cus_new')).toEqual(['none']);
    await database.rows(before.CLOSE_SYNC, ['cus_new', null, new Date(), new Date(Date.now() + 3_600_000)]);
    expect(await database.secondsLeft('cus_new')).toBeGreaterThan(3_500);
    const userId = await database.makeUser();
    await database.rows(`UPDATE stripe_customer SET user_id = $1 WHERE id = 'cus_new'`, [userId]);
    await database.rows(before.RELEASE_CUSTOMER, [userId]);
    expect(await database.secondsLeft('cus_new')).toBeGreaterThan(50);
    expect(await database.secondsLeft('cus_new')).toBeLessThanOrEqual(60);
  });
});

it('an account that the release before deletes is purged by this one', async () => {
  const userId = await database.makeUser();
  await database.rows(
    `INSERT INTO session (id, user_id, refresh_hash, expires_at) VALUES (gen_random_uuid(), $1::uuid, $1::text, now() + interval '1 day')`,
    [userId],
  );
  await database.rows('DELETE FROM app_user WHERE id = $1', [userId]);
  expect(await database.rows(`SELECT kind, state FROM work_item WHERE subject_id = $1`, [userId])).toEqual([
    { kind: 'account-purge', state: 'ready' },
  ]);
  expect(await database.run(PURGE_SESSIONS, [userId, 10])).toEqual({ changed: 1 });
});
