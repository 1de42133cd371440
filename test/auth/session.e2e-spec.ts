import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { inParallel, newMobile, signIn, signUp, tally } from '../support/people.js';
import { System } from '../support/system.js';

let system: System;
let client: Client;
let other: Client;
beforeAll(async () => {
  system = await System.start({ apis: 2, workers: 0 });
  client = system.client(0);
  other = system.client(1);
});
afterAll(() => system.stop());

const refresh = (refreshToken: string, from = client) => from.post('/auth/refresh', { refreshToken });
const status = async (accessToken: string, from = client) =>
  (await from.as(accessToken).get('/user/me')).status;

const EARLIER = '(SELECT jsonb_object_agg(hash, at::float8 - $2) FROM jsonb_each(spent) AS s(hash, at))';

/** Lets seconds pass since the session's tokens were exchanged; without a number, the grace. */
async function pass(accessToken: string, seconds = 21): Promise<void> {
  const { sid } = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString());
  await system.db.query(`UPDATE session SET spent = ${EARLIER} WHERE id = $1`, [sid, seconds]);
}

describe('refreshing', () => {
  /** A process that signs with the next secret already. */
  let rotated: Client;
  beforeAll(async () => {
    const secrets = `the-next-signing-key-of-the-tests-01234,${system.env.JWT_SECRET}`;
    rotated = new Client((await system.startApi({ JWT_SECRET: secrets })).url);
  });

  it('gives a new pair that works, and keeps the session', async () => {
    const first = await signUp(client);
    const { status: code, body } = await refresh(first.refreshToken);
    expect(code).toBe(200);
    expect(body).toEqual({ ...first, accessToken: expect.any(String), refreshToken: expect.any(String) });
    expect(body.refreshToken).not.toBe(first.refreshToken);
    expect(await status(body.accessToken)).toBe(200);
    expect((await client.as(body.accessToken).get('/auth/sessions')).body.data).toHaveLength(1);
  });

  it('gives 50 parallel requests on two processes the same successor, and the session lives', async () => {
    const { refreshToken } = await signUp(client);
    const answers = await inParallel(
      Array.from({ length: 50 }, (_, n) => n),
      50,
      (n) => refresh(refreshToken, n % 2 ? client : other),
    );
    expect(tally(answers.map((answer) => answer.status))).toEqual({ 200: 50 });
    const successors = new Set(answers.map(({ body }) => body.refreshToken));
    expect(successors.size).toBe(1);
    const [successor] = [...successors];
    const next = await refresh(successor);
    expect(next.status).toBe(200);
    expect(await status(next.body.accessToken, other)).toBe(200);
  });

  it('ends the session when a token is used again after the grace', async () => {
    const { refreshToken, accessToken } = await signUp(client);
    const { body: next } = await refresh(refreshToken);
    await pass(accessToken);
    const { status: code, body } = await refresh(refreshToken);
    expect([code, body.code]).toEqual([401, 'auth.refresh_reused']);
    expect(await status(next.accessToken, other)).toBe(401);
    expect((await refresh(next.refreshToken)).body.code).toBe('auth.refresh_invalid');
  });

  it('gives each token its own grace, also when its successor was used meanwhile', async () => {
    const { refreshToken, accessToken } = await signUp(client);
    const { body: second } = await refresh(refreshToken);
    await pass(accessToken, 12);
    const { body: third } = await refresh(second.refreshToken);
    expect((await refresh(refreshToken, other)).body.refreshToken).toBe(second.refreshToken);
    expect((await refresh(second.refreshToken)).body.refreshToken).toBe(third.refreshToken);
    await pass(accessToken, 12);
    expect((await refresh(second.refreshToken)).body.refreshToken).toBe(third.refreshToken);
    expect((await refresh(refreshToken)).body.code).toBe('auth.refresh_reused');
    expect((await refresh(third.refreshToken)).status).toBe(401);
  });

  it('knows a token of long ago as well', async () => {
    const { refreshToken, accessToken } = await signUp(client);
    let current = refreshToken;
    for (let turn = 0; turn < 4; turn++) {
      current = (await refresh(current)).body.refreshToken;
      await pass(accessToken);
    }
    expect((await refresh(refreshToken)).body.code).toBe('auth.refresh_reused');
    expect((await refresh(current)).status).toBe(401);
  });

  it('does not end a session for a token that was never ours, even if it names the session', async () => {
    const { refreshToken, accessToken } = await signUp(client);
    const bytes = Buffer.from(refreshToken, 'base64url');
    for (const at of [0, 31, 48, 63]) {
      const forged = Buffer.from(bytes);
      forged[at] = (forged[at] ?? 0) ^ 1;
      const { status: code, body } = await refresh(forged.toString('base64url'));
      expect([code, body.code]).toEqual([401, 'auth.refresh_invalid']);
    }
    for (const token of ['', 'x', accessToken, 'x'.repeat(86), `${refreshToken}=`])
      expect((await refresh(token)).body.code).toBe('auth.refresh_invalid');
    expect(await status(accessToken)).toBe(200);
    expect((await refresh(refreshToken)).status).toBe(200);
  });

  it('works on while the signing secret rotates', async () => {
    const { refreshToken, accessToken } = await signUp(client);
    const { body: before } = await refresh(refreshToken);
    const { body: same } = await refresh(refreshToken, rotated);
    expect(same.refreshToken).toBe(before.refreshToken);
    const { body: after } = await refresh(before.refreshToken, rotated);
    expect(await status(accessToken, rotated)).toBe(200);
    expect(await status(after.accessToken, rotated)).toBe(200);
    expect(await status(after.accessToken)).toBe(401);
  });

  it('does not end a session that a process with the next secret has just refreshed', async () => {
    const { refreshToken } = await signUp(client);
    const { body: next } = await refresh(refreshToken, rotated);
    const { status: code, body, headers } = await refresh(refreshToken);
    expect([code, body.code]).toEqual([503, 'service.unavailable']);
    expect(headers.get('retry-after')).toBe('1');
    expect((await refresh(refreshToken, rotated)).body.refreshToken).toBe(next.refreshToken);
    expect((await refresh(next.refreshToken, rotated)).status).toBe(200);
  });

  it('is not possible with an expired session', async () => {
    const { refreshToken, user, accessToken } = await signUp(client);
    await system.db.query('UPDATE session SET expires_at = now() WHERE user_id = $1', [user.id]);
    expect((await refresh(refreshToken)).body.code).toBe('auth.refresh_invalid');
    expect(await status(accessToken)).toBe(401);
  });

  it('leaves hashes only in the database', async () => {
    const { refreshToken, user } = await signUp(client);
    const { rows } = await system.db.query('SELECT * FROM session WHERE user_id = $1', [user.id]);
    expect(JSON.stringify(rows)).not.toContain(refreshToken.slice(0, 20));
    expect(rows[0].refresh_hash).toBe(createHash('sha256').update(refreshToken).digest('base64url'));
  });
});

describe('sessions', () => {
  it('are listed with their device, the current one marked, and nobody else sees them', async () => {
    const who = newMobile();
    await signUp(client, who);
    const phone = await client.post('/auth/send-otp', who);
    const { body: tokens } = await client.post(
      '/auth/verify-otp',
      { ...who, otp: phone.body.otp },
      { headers: { 'User-Agent': 'a telephone' } },
    );
    const { body } = await client.as(tokens.accessToken).get('/auth/sessions');
    expect(body.data).toHaveLength(2);
    expect(body.data[0]).toEqual({
      id: expect.any(String),
      createdAt: expect.stringMatching(/Z$/),
      lastUsedAt: expect.stringMatching(/Z$/),
      ip: '127.0.0.1',
      userAgent: 'a telephone',
      current: true,
    });
    expect(body.data[1].current).toBe(false);
    const stranger = client.as((await signUp(client)).accessToken);
    const revoked = await stranger.delete(`/auth/sessions/${body.data[0].id}`);
    expect([revoked.status, revoked.body.code]).toEqual([404, 'auth.session_not_found']);
    expect((await stranger.delete('/auth/sessions/abc')).status).toBe(404);
    expect(await status(tokens.accessToken)).toBe(200);
  });

  it('note their last use', async () => {
    const { accessToken, user } = await signUp(client);
    await system.db.query("UPDATE session SET last_used_at = now() - interval '1 hour' WHERE user_id = $1", [
      user.id,
    ]);
    const before = Date.now() - 60_000;
    await status(accessToken);
    const list = async () => (await client.as(accessToken).get('/auth/sessions')).body.data[0].lastUsedAt;
    await eventually('the use is noted', async () => Date.parse(await list()) > before);
  });

  describe.each([
    ['Redis up', async (_: Redis) => undefined],
    ['Redis flushed', (redis: Redis) => redis.flushdb()],
  ])('end at once on every process, with %s:', (_, disturb) => {
    const devices = async () => {
      const who = newMobile();
      const mine = await signUp(client, who);
      const theirs = await signIn(other, who);
      await disturb(system.redis);
      return { who, mine, theirs };
    };

    it('by logging out', async () => {
      const { mine, theirs } = await devices();
      expect((await client.as(mine.accessToken).post('/auth/logout')).status).toBe(204);
      expect(await status(mine.accessToken, other)).toBe(401);
      expect((await refresh(mine.refreshToken, other)).status).toBe(401);
      expect(await status(theirs.accessToken)).toBe(200);
    });

    it('by logging out many times at once', async () => {
      const { mine } = await devices();
      const me = [client, other].map((each) => each.as(mine.accessToken));
      const answers = await Promise.all([...me, ...me, ...me].map((each) => each.post('/auth/logout')));
      expect(answers.map((answer) => answer.status)).toContain(204);
      for (const answer of answers) expect([204, 401]).toContain(answer.status);
    });

    it('one by one', async () => {
      const { mine, theirs } = await devices();
      const { body } = await client.as(mine.accessToken).get('/auth/sessions');
      const [session] = body.data.filter(({ current }: { current: boolean }) => !current);
      expect((await client.as(mine.accessToken).delete(`/auth/sessions/${session.id}`)).status).toBe(204);
      expect(await status(theirs.accessToken, other)).toBe(401);
      expect(await status(mine.accessToken, other)).toBe(200);
      expect((await client.as(mine.accessToken).delete(`/auth/sessions/${session.id}`)).status).toBe(404);
    });

    it('all others together', async () => {
      const { mine, theirs } = await devices();
      expect((await client.as(mine.accessToken).delete('/auth/sessions')).status).toBe(204);
      expect(await status(theirs.accessToken, other)).toBe(401);
      expect(await status(mine.accessToken, other)).toBe(200);
    });
  });
});
