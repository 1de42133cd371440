import type { Answer, Client } from '../support/client.js';
import { askUntilItWaits } from '../support/database-activity.js';
import { askCode, newMobile, signUp } from '../support/people.js';
import { System } from '../support/system.js';

let system: System;
let client: Client;
beforeAll(async () => {
  system = await System.start({ workers: 0 });
  client = system.client();
});
afterAll(() => system.stop());

const PASSWORD = 'a long walk in the rain';

/**
 * Sends a request that has to wait for a change that somebody else is making, and then sees it.
 * @param last what the other does when somebody waits already
 */
async function meanwhile(
  change: string,
  values: unknown[],
  ask: () => Promise<Answer>,
  last = 'SELECT',
): Promise<unknown[]> {
  const other = await system.db.connect();
  await other.query('BEGIN');
  await other.query(change, values);
  const { answer } = await askUntilItWaits(system.db, ask);
  await other.query(last);
  await other.query('COMMIT');
  other.release();
  const { status, body } = await answer;
  return [status, body?.code];
}

it('a right code opens the account of the sign-up that came meanwhile, and not by its password', async () => {
  const who = newMobile();
  await client.post('/auth/signup', { ...who, password: PASSWORD });
  const otp = await askCode(client, who);
  const change = `UPDATE app_user SET pending_password_hash = 'of somebody else', id = gen_random_uuid()
    WHERE mobile = $1`;
  const verify = () => client.post('/auth/verify-otp', { ...who, otp, password: PASSWORD });
  const replaced = `${change} AND pg_advisory_xact_lock(hashtextextended($1, 5))::text = ''`;
  expect(await meanwhile(replaced, [who.mobile], verify)).toEqual([200, undefined]);
  const { rows } = await system.db.query(
    'SELECT verified_at IS NOT NULL AS verified, password_hash, pending_password_hash FROM app_user WHERE mobile = $1',
    [who.mobile],
  );
  expect(rows).toEqual([{ verified: true, password_hash: null, pending_password_hash: null }]);
});

it('a right code sets the password of the sign-up that came meanwhile', async () => {
  const who = newMobile();
  await client.post('/auth/signup', who);
  const otp = await askCode(client, who, '/auth/forgot-password');
  const replaced = `UPDATE app_user SET id = gen_random_uuid()
    WHERE mobile = $1 AND pg_advisory_xact_lock(hashtextextended($1, 5))::text = ''`;
  const reset = () => client.post('/auth/reset-password', { ...who, otp, newPassword: PASSWORD });
  expect(await meanwhile(replaced, [who.mobile], reset)).toEqual([204, undefined]);
  expect((await client.post('/auth/login', { ...who, password: PASSWORD })).status).toBe(200);
});

it('a right code is never lost to sign-ups at the same time', async () => {
  for (let round = 0; round < 10; round += 1) {
    const who = newMobile();
    await client.post('/auth/signup', { ...who, password: PASSWORD });
    const otp = await askCode(client, who);
    const planted = { ...who, password: `planted in round ${round}` };
    const [verified] = await Promise.all([
      client.post('/auth/verify-otp', { ...who, otp, password: PASSWORD }),
      client.post('/auth/signup', planted),
      client.post('/auth/signup', planted),
    ]);
    expect([verified?.status, verified?.body.user]).toEqual([200, expect.objectContaining(who)]);
    expect((await client.post('/auth/login', planted)).status).toBe(401);
  }
});

it('a right code opens nothing when its account is deleted meanwhile', async () => {
  const who = newMobile();
  await signUp(client, who);
  const otp = await askCode(client, who);
  const verify = () => client.post('/auth/verify-otp', { ...who, otp });
  const deleted = await meanwhile('DELETE FROM app_user WHERE mobile = $1', [who.mobile], verify);
  expect(deleted).toEqual([401, 'auth.otp_invalid']);
});

it('a right code opens nothing when its identity is given up meanwhile', async () => {
  const { mobile } = newMobile();
  const { user } = await signUp(client, { mobile });
  const otp = await askCode(client, { mobile });
  const change = 'UPDATE app_user SET mobile = $2 WHERE id = $1';
  const verify = () => client.post('/auth/verify-otp', { mobile, otp });
  expect(await meanwhile(change, [user.id, newMobile().mobile], verify)).toEqual([401, 'auth.otp_invalid']);
});

it('a password that is changed while it is checked lets nobody in', async () => {
  const who = newMobile();
  await signUp(client, who, { password: PASSWORD });
  const change = "UPDATE app_user SET password_hash = 'another' WHERE mobile = $1";
  const login = () => client.post('/auth/login', { ...who, password: PASSWORD });
  expect(await meanwhile(change, [who.mobile], login)).toEqual([401, 'auth.invalid_credentials']);
});

it('a session that is revoked while it is refreshed stays revoked', async () => {
  const { user, refreshToken } = await signUp(client);
  const change = 'UPDATE session SET revoked_at = now() WHERE user_id = $1';
  const refresh = () => client.post('/auth/refresh', { refreshToken });
  expect(await meanwhile(change, [user.id], refresh)).toEqual([401, 'auth.refresh_invalid']);
});

it('a number that somebody verifies meanwhile is taken', async () => {
  const who = newMobile();
  await client.post('/auth/signup', who);
  const { accessToken } = await signUp(client);
  const me = client.as(accessToken);
  const otp = await askCode(me, who, '/user/me/identity');
  const verified = 'UPDATE app_user SET verified_at = now() WHERE mobile = $1';
  const locked = "pg_advisory_xact_lock(hashtextextended($1, 5))::text = ''";
  const verify = () => me.post('/user/me/identity/verify', { ...who, otp });
  const answer = await meanwhile(`${verified} AND ${locked}`, [who.mobile], verify);
  expect(answer).toEqual([409, 'auth.mobile_taken']);
});

const LOCK_ACCOUNT = 'SELECT FROM app_user WHERE id = $1 FOR NO KEY UPDATE';

/** A prompt's unit of today; like accepting a prompt, it follows `LOCK_ACCOUNT` in one transaction. */
const charge = (userId: string) => `
  INSERT INTO quota_usage AS q (user_id, day, used) VALUES ('${userId}', (now() AT TIME ZONE 'UTC')::date, 1)
  ON CONFLICT (user_id, day) DO UPDATE SET used = q.used + 1;
  UPDATE app_user SET room_list_version = room_list_version + 1 WHERE id = '${userId}'`;

/** An account used a prompt of today and was deleted: its use is restored to the next account with its number. */
async function leaveUsage(who: { mobile: string }): Promise<void> {
  const former = await signUp(client, who);
  await system.db.query(charge(former.user.id));
  await client.as(former.accessToken).delete('/user/me', { confirm: 'delete my account' });
}

it.each(['first', 'next'])(
  'a change of identity and the %s prompt of the day do not give each other up',
  async (which) => {
    const who = newMobile();
    await leaveUsage(who);
    const { accessToken, user } = await signUp(client);
    const me = client.as(accessToken);
    const otp = await askCode(me, who, '/user/me/identity');
    if (which === 'next') await system.db.query(charge(user.id));
    const verify = () => me.post('/user/me/identity/verify', { ...who, otp });
    const answer = await meanwhile(LOCK_ACCOUNT, [user.id], verify, charge(user.id));
    expect(answer).toEqual([200, undefined]);
  },
);

it('a sign-in by code and a prompt of the day do not give each other up', async () => {
  const who = newMobile();
  await leaveUsage(who);
  const { user } = await signUp(client, who);
  const otp = await askCode(client, who);
  const verify = () => client.post('/auth/verify-otp', { ...who, otp });
  const answer = await meanwhile(LOCK_ACCOUNT, [user.id], verify, charge(user.id));
  expect(answer).toEqual([200, undefined]);
});

it('a change of identity and a guess at a code of the account do not give each other up', async () => {
  const former = newMobile();
  const { accessToken } = await signUp(client, former);
  await askCode(client, former);
  const me = client.as(accessToken);
  const who = newMobile();
  const otp = await askCode(me, who, '/user/me/identity');
  const verify = () => me.post('/user/me/identity/verify', { ...who, otp });
  const guess = 'SELECT FROM otp_challenge WHERE identity = $1 FOR NO KEY UPDATE';
  const use = `UPDATE otp_challenge SET code_hash = NULL WHERE identity = '${former.mobile}'`;
  expect(await meanwhile(guess, [former.mobile], verify, use)).toEqual([200, undefined]);
});

it('an identity that is confirmed while its account goes is refused', async () => {
  const who = newMobile();
  const { accessToken, user } = await signUp(client);
  const me = client.as(accessToken);
  const otp = await askCode(me, who, '/user/me/identity');
  const lock = 'SELECT pg_advisory_xact_lock(hashtextextended($1, 5))';
  const verify = () => me.post('/user/me/identity/verify', { ...who, otp });
  const gone = `DELETE FROM app_user WHERE id = '${user.id}'`;
  expect(await meanwhile(lock, [who.mobile], verify, gone)).toEqual([401, 'auth.unauthenticated']);
});
