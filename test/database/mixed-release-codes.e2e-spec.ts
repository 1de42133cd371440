import { randomUUID } from 'node:crypto';
import { CLAIM_DELIVERY, FINISH_DELIVERY } from '../../src/auth/otp/otp-delivery.sql.js';
import {
  DELETE_CODES,
  INVALIDATE_CODES,
  SEND_CODE,
  USE_CHALLENGE,
  USE_CODE,
} from '../../src/auth/otp/otp.sql.js';
import * as before from './release-before.js';
import { UpgradedDatabase, WORKER } from './upgraded-database.js';

const database = UpgradedDatabase.use();
const unsent = randomUUID();
let userId: string;
beforeAll(async () => {
  userId = await database.makeUser();
  await sendBefore('+919800000001', unsent);
  await database.upgrade();
});

/** A code of the release before. */
const sendBefore = (identity: string, id: string) =>
  database.rows(before.SEND_CODE, [
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
/** A code of this release. */
const send = (identity: string, id: string) => {
  const limits = ['identity hash', 'address', null, 0, 100, 100, 100, null, true, false];
  const code = [identity, 'sign_in', id, userId, 'hash', 'sealed', 5, null, ...limits];
  return database.run(SEND_CODE, code);
};
const use = (identity: string) =>
  database.run(USE_CODE, [
    identity,
    'sign_in',
    ['hash'],
    null,
    `hash of ${identity}`,
    'address',
    5,
    20,
    5,
    null,
  ]);
const useChallenge = (identity: string, id: string) =>
  database.run(USE_CHALLENGE, [id, [identity], 'sign_in', ['hash'], 5, null]);
/** What the release before compares a guess with. */
const former = (identity: string) =>
  database.row('SELECT id, code_hash AS hash, sealed_code AS sealed FROM one_time_code WHERE identity = $1', [
    identity,
  ]);
const current = (id: string) =>
  database.row('SELECT code_hash AS hash, sealed_code AS sealed FROM otp_challenge WHERE id = $1', [id]);

describe('codes of the release before, on the new schema', () => {
  it('that were sent before the upgrade are delivered and used by this one', async () => {
    await database.becomesDue(unsent);
    expect(await database.run(CLAIM_DELIVERY, [unsent, WORKER])).toMatchObject({
      userId,
      sealedCode: 'sealed',
    });
    expect(await use('+919800000001')).toMatchObject({ counted: true, right: true });
    expect(await use('+919800000001')).toMatchObject({ counted: true, right: false });
  });

  it('are delivered by either release, and used once', async () => {
    const [identity, id] = ['+919800000002', randomUUID()];
    await sendBefore(identity, id);
    expect(await database.states(id)).toEqual(['ready']);
    await database.becomesDue(id);
    expect(await database.run(CLAIM_DELIVERY, [id, WORKER])).toMatchObject({ userId, sealedCode: 'sealed' });
    await database.rows(FINISH_DELIVERY.text, [id, 1]);
    expect(await former(identity)).toMatchObject({ id, hash: 'hash', sealed: null });
    expect(await use(identity)).toMatchObject({ right: true });
    expect(await former(identity)).toMatchObject({ hash: null });
  });

  it('are void for this one when the release before has used or voided them', async () => {
    const [identity, id, next] = ['+919800000003', randomUUID(), randomUUID()];
    await sendBefore(identity, id);
    await database.rows('DELETE FROM one_time_code WHERE id = $1', [id]);
    expect(await current(id)).toEqual({ hash: null, sealed: null });
    await sendBefore(identity, next);
    await database.rows('UPDATE one_time_code SET code_hash = NULL, sealed_code = NULL WHERE user_id = $1', [
      userId,
    ]);
    expect(await current(next)).toEqual({ hash: null, sealed: null });
  });
});

describe('codes of this release, for the release before', () => {
  it('are delivered and compared by it, the newest of an identity', async () => {
    const [identity, first, second] = ['+919800000004', randomUUID(), randomUUID()];
    await sendBefore(identity, randomUUID());
    await send(identity, first);
    expect(await send(identity, second)).toMatchObject({ sent: true });
    expect(await former(identity)).toEqual({ id: second, hash: 'hash', sealed: 'sealed' });
    const undelivered = await database.rows(before.FIND_UNDELIVERED);
    expect(undelivered.map(({ id }) => id)).not.toContain(second);
    await database.rows('DELETE FROM one_time_code WHERE id = $1', [second]);
    expect(await useChallenge(identity, second)).toMatchObject({ counted: true, right: false });
    expect(await useChallenge(identity, first)).toMatchObject({ counted: true, right: true });
  });

  it('are void for it when they are used, voided or deleted', async () => {
    const [identity, used, voided] = ['+919800000005', randomUUID(), randomUUID()];
    await send(identity, used);
    expect(await useChallenge(identity, used)).toMatchObject({ right: true });
    expect(await former(identity)).toMatchObject({ hash: null });
    await send(identity, voided);
    await database.rows(INVALIDATE_CODES.text, [userId]);
    expect(await former(identity)).toEqual({ id: voided, hash: null, sealed: null });
    await database.rows(DELETE_CODES.text, [[identity], userId]);
    expect(await former(identity)).toBeUndefined();
  });

  it('do not wait for an account that is being deleted', async () => {
    const other = await database.db.connect();
    await other.query('BEGIN');
    await other.query('SELECT FROM app_user WHERE id = $1 FOR UPDATE', [userId]);
    expect(await send('+919800000006', randomUUID())).toMatchObject({ sent: true });
    await other.query('ROLLBACK');
    other.release();
  });
});
