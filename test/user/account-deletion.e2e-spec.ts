import type { Client } from '../support/client.js';
import { askUntilItWaits } from '../support/database-activity.js';
import { eventually } from '../support/eventually.js';
import { askCode, newEmail, newMobile, signUp, type Who } from '../support/people.js';
import { System } from '../support/system.js';

let system: System;
let client: Client;
let other: Client;
beforeAll(async () => {
  system = await System.start({ apis: 2, workers: 1 });
  client = system.client(0);
  other = system.client(1);
});
afterAll(() => system.stop());

const CONFIRM = { confirm: 'delete my account' };

async function person(who: Who = newMobile(), more: { name?: string } = {}) {
  const tokens = await signUp(client, who, more);
  return { ...tokens, who, me: client.as(tokens.accessToken) };
}

describe('deleting the account', () => {
  it.each([{}, { confirm: true }, { confirm: 'yes' }, undefined])('wants the words, not %j', async (body) => {
    const { me } = await person();
    expect((await me.delete('/user/me', body)).status).toBe(400);
    expect((await me.get('/user/me')).status).toBe(200);
  });

  it('leaves nothing but the day’s use under a keyed hash, and no token that works', async () => {
    const { me, user, refreshToken, accessToken, who } = await person(newMobile(), { name: 'Ada' });
    const room = await me.post('/chatroom', { title: 'A room' }, { headers: { 'Idempotency-Key': 'one' } });
    expect((await me.post(`/chatroom/${room.body.id}/message`, { content: 'Hello' })).status).toBe(202);
    await askCode(client, who);
    await askCode(me, newEmail(), '/user/me/identity');
    expect((await me.get('/chatroom')).headers.get('x-cache')).toBe('MISS');
    expect((await me.get('/chatroom')).headers.get('x-cache')).toBe('HIT');
    expect((await me.delete('/user/me', CONFIRM)).status).toBe(204);
    await eventually(
      'Redis holds nothing but the burst limit, for a minute',
      async () => {
        const keys = await system.redis.keys(`*${user.id}*`);
        return keys.every((key) => key.startsWith('rate:'));
      },
      60_000,
    );
    expect((await other.as(accessToken).get('/user/me')).status).toBe(401);
    expect((await other.post('/auth/refresh', { refreshToken })).status).toBe(401);
    const { rows: tables } = await system.db.query(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
    );
    expect(tables.length).toBeGreaterThan(8);
    const traces = [user.id, who.mobile, room.body.id];
    await eventually(
      'a worker to have purged the account',
      async () => {
        const { rowCount } = await system.db.query('SELECT 1 FROM work_item WHERE subject_id = $1', [
          user.id,
        ]);
        return rowCount === 0;
      },
      60_000,
    );
    for (const { name } of tables) {
      const { rows } = await system.db.query(`SELECT * FROM "${name}"`);
      for (const trace of traces) expect([name, JSON.stringify(rows).includes(trace)]).toEqual([name, false]);
    }
    const { rows: carried } = await system.db.query('SELECT used, refunded FROM quota_carry_over');
    expect(carried).toContainEqual({ used: 1, refunded: 0 });
  });

  it('is no way to a new day’s quota', async () => {
    const { me, who } = await person();
    const room = (await me.post('/chatroom', {})).body.id;
    for (let n = 0; n < 5; n++)
      expect((await me.post(`/chatroom/${room}/message`, { content: 'Hello' })).status).toBe(202);
    expect((await me.delete('/user/me', CONFIRM)).status).toBe(204);
    const again = client.as((await signUp(client, who)).accessToken);
    const newRoom = (await again.post('/chatroom', {})).body.id;
    const refused = await again.post(`/chatroom/${newRoom}/message`, { content: 'Hello' });
    expect([refused.status, refused.body.code]).toEqual([429, 'quota.exceeded']);
    const friend = client.as(
      (await signUp(client, newEmail(), { password: 'a password of no importance' })).accessToken,
    );
    const otp = await askCode(friend, newMobile(), '/user/me/identity');
    expect(otp).toHaveLength(6);
  });

  it('is no way to new refunds, also where all units were given back', async () => {
    const { me, user, who } = await person();
    const room = (await me.post('/chatroom', {})).body.id;
    const prompt = { content: 'Please [[400]]' };
    const wait = { headers: { Prefer: 'wait=20' } };
    const failed = await me.post(`/chatroom/${room}/message`, prompt, wait);
    expect(failed.body.reply.status).toBe('failed');
    await system.db.query('UPDATE quota_usage SET refunded = 4 WHERE user_id = $1', [user.id]);
    expect((await me.delete('/user/me', CONFIRM)).status).toBe(204);
    const next = await signUp(client, who);
    const again = client.as(next.accessToken);
    const newRoom = (await again.post('/chatroom', {})).body.id;
    for (let n = 0; n < 3; n += 1) await again.post(`/chatroom/${newRoom}/message`, prompt, wait);
    const { rows } = await system.db.query('SELECT used, refunded FROM quota_usage WHERE user_id = $1', [
      next.user.id,
    ]);
    expect(rows).toEqual([{ used: 2, refunded: 5 }]);
  });

  it('may be asked for many times at once', async () => {
    const { me } = await person();
    const answers = await Promise.all(Array.from({ length: 10 }, () => me.delete('/user/me', CONFIRM)));
    for (const { status } of answers) expect([204, 401]).toContain(status);
    expect(answers.some(({ status }) => status === 204)).toBe(true);
  });

  it('leaves no room to a request that comes in the middle', async () => {
    const { me, user } = await person();
    const end = await system.db.connect();
    await end.query('BEGIN');
    await end.query('DELETE FROM app_user WHERE id = $1', [user.id]);
    const { answer: created } = await askUntilItWaits(system.db, () =>
      me.post('/chatroom', {}, { headers: { 'Idempotency-Key': 'late' } }),
    );
    await end.query('COMMIT');
    end.release();
    const { status, body } = await created;
    expect([status, body.code]).toEqual([401, 'auth.unauthenticated']);
    const { rows } = await system.db.query('SELECT FROM idempotency_key WHERE user_id = $1', [user.id]);
    expect(rows).toHaveLength(0);
  });

  it('takes the replies that were kept for them out of Redis', async () => {
    const { me, user } = await person();
    const kept = () => system.redis.keys(`response:*${user.id}*`);
    const worker = await system.startWorker();
    const room = (await me.post('/chatroom', {})).body.id;
    const answered = await me.post(
      `/chatroom/${room}/message`,
      { content: 'Between us' },
      { headers: { Prefer: 'wait=20' } },
    );
    expect(answered.body.reply.status).toBe('completed');
    expect(await kept()).toHaveLength(1);
    expect((await me.delete('/user/me', CONFIRM)).status).toBe(204);
    await eventually('nothing is kept', async () => (await kept()).length === 0, 60_000);
    await worker.stop();
  });
});
