import { Client } from '../support/client.js';
import { createRedisDatabase } from '../support/databases.js';
import { eventually, inTime } from '../support/eventually.js';
import { inParallel, newMobile, signUp, tally } from '../support/people.js';
import { ForwardedClient } from '../support/forwarded-client.js';
import { System } from '../support/system.js';
import { TcpProxy } from '../support/tcp-proxy.js';

let system: System;
let redis: TcpProxy;
let generous: Client;
beforeAll(async () => {
  redis = await TcpProxy.start(await createRedisDatabase());
  system = await System.start({ apis: 1, workers: 0, env: { REDIS_URL: redis.url } });
  generous = system.client();
});
afterEach(() => redis.heal());
afterAll(async () => {
  await system.stop();
  await redis.stop();
});

/** Processes of their own, with the limits of production or less, behind a proxy whose word about the client counts. */
async function strict(env: Record<string, string> = {}): Promise<(ip: string) => Client> {
  const { url } = await system.startApi({ TRUST_PROXY: 'true', AUTH_RATE_LIMIT_PER_MINUTE: '30', ...env });
  return (ip) => new ForwardedClient(url, ip);
}

const guess = (client: Client) => client.post('/auth/login', { ...newMobile(), password: 'whatever it is' });
/** Without a password to be hashed: a process that is busy for longer than Redis is given counts alone for a while. */
const refresh = (client: Client) => client.post('/auth/refresh', { refreshToken: 'not a token' });
const statuses = async (client: Client, count: number, ask = guess) =>
  tally((await inParallel(Array.from({ length: count }), 10, () => ask(client))).map(({ status }) => status));

describe('what one address may ask of /auth/*', () => {
  it('is limited over all of its routes and processes together, and told in headers', async () => {
    const [first, second] = await Promise.all([strict(), strict()]);
    const client = first('203.0.113.1');
    const { headers } = await client.post('/auth/send-otp', newMobile());
    expect(headers.get('ratelimit-limit')).toBe('30');
    expect(headers.get('ratelimit-remaining')).toBe('29');
    expect(Number(headers.get('ratelimit-reset'))).toBeGreaterThan(50);
    await statuses(client, 14);
    expect(await statuses(second('203.0.113.1'), 25, refresh)).toEqual({ 401: 15, 429: 10 });
    const { status, body, headers: refused } = await client.post('/auth/refresh', {});
    expect([status, body.code]).toEqual([429, 'rate_limit.exceeded']);
    expect(Number(refused.get('retry-after'))).toBeGreaterThan(0);
    expect([refused.get('ratelimit-remaining'), refused.get('ratelimit-limit')]).toEqual(['0', '30']);
    expect((await client.get('/auth/me')).status).toBe(429);
    expect((await guess(first('203.0.113.2'))).status).toBe(401);
    expect((await client.get('/user/me')).status).toBe(401);
  }, 60_000);

  it('is what a signed-in person is told of there, while it is the nearer one', async () => {
    const { accessToken } = await signUp(generous);
    const me = (await strict({ RATE_LIMIT_PER_MINUTE: '300' }))('203.0.113.7').as(accessToken);
    const told = async (path: string) => {
      const { headers } = await me.get(path);
      return [headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')];
    };
    expect(await told('/auth/me')).toEqual(['30', '29']);
    expect(await told('/user/me')).toEqual(['300', '298']);
  });

  it('is limited for a whole network of IPv6 addresses, since each of its people has them all', async () => {
    const from = await strict();
    const all = Array.from({ length: 40 }, (_, n) => guess(from(`2001:db8::${n.toString(16)}`)));
    expect(tally((await Promise.all(all)).map(({ status }) => status))).toEqual({ 401: 30, 429: 10 });
    expect((await guess(from('2001:db8:0:1::1'))).status).toBe(401);
  }, 60_000);

  it.each([
    ['is dead', () => redis.cut()],
    ['hangs', () => redis.freeze()],
  ])(
    'stays limited when Redis %s, and nobody waits long',
    async (_, disturb) => {
      const from = await strict();
      const client = from('203.0.113.3');
      expect(await statuses(client, 10)).toEqual({ 401: 10 });
      disturb();
      await client.get('/auth/sessions');
      await inTime(1_500, () => from('203.0.113.8').get('/auth/sessions'));
      expect(await statuses(client, 40)).toEqual({ 401: 19, 429: 21 });
    },
    60_000,
  );

  it('stays limited when Redis is flushed', async () => {
    const client = (await strict())('203.0.113.4');
    expect(await statuses(client, 30)).toEqual({ 401: 30 });
    await system.redis.flushdb();
    expect(await statuses(client, 5)).toEqual({ 429: 5 });
  }, 60_000);

  it('is counted together again when Redis is back', async () => {
    const [first, second] = await Promise.all([strict(), strict()]);
    redis.cut();
    expect(await statuses(first('203.0.113.5'), 5)).toEqual({ 401: 5 });
    redis.heal();
    await eventually('both count in Redis', async () => {
      await guess(first('203.0.113.6'));
      const { headers } = await guess(second('203.0.113.6'));
      return Number(headers.get('ratelimit-remaining')) < 28;
    });
  }, 60_000);
});

describe('what one person may ask', () => {
  it('is limited over all routes, whatever their address', async () => {
    const limited = await strict({ RATE_LIMIT_PER_MINUTE: '10', AUTH_RATE_LIMIT_PER_MINUTE: '1000' });
    const { accessToken } = await signUp(generous);
    const answers = [];
    for (let n = 0; n < 15; n++)
      answers.push(
        await limited(`198.51.100.${n}`)
          .as(accessToken)
          .get(n % 2 ? '/user/me' : '/chatroom'),
      );
    expect(tally(answers.map(({ status }) => status))).toEqual({ 200: 10, 429: 5 });
    expect(answers[0]?.headers.get('ratelimit-limit')).toBe('10');
    expect(answers[14]?.body.code).toBe('rate_limit.exceeded');
    const other = await signUp(generous);
    expect((await limited('198.51.100.1').as(other.accessToken).get('/user/me')).status).toBe(200);
  }, 60_000);

  it('is refused beyond the limit without a look at the session, so that refusals cost others nothing', async () => {
    const limited = (await strict({ RATE_LIMIT_PER_MINUTE: '10' }))('198.51.100.20');
    const [spent, other] = [await signUp(generous), await signUp(generous)];
    const ask = (who: { accessToken: string }) => limited.as(who.accessToken).get('/user/me');
    const answers = await inParallel([...Array(12).keys()], 3, () => ask(spent));
    expect(tally(answers.map(({ status }) => status))).toEqual({ 200: 10, 429: 2 });
    const lock = await system.db.connect();
    await lock.query('BEGIN; LOCK TABLE session');
    const [refused, waiting] = await Promise.all([ask(spent), ask(other)]);
    await lock.query('ROLLBACK');
    lock.release();
    expect([refused.status, refused.body.code]).toEqual([429, 'rate_limit.exceeded']);
    expect(waiting.status).toBe(503);
  }, 60_000);
});

describe('sessions without Redis', () => {
  it.each([
    ['is dead', () => redis.cut()],
    ['hangs', () => redis.freeze()],
  ])(
    'go on, and end at once, when Redis %s',
    async (_, disturb) => {
      const { accessToken, refreshToken } = await signUp(generous);
      disturb();
      const me = generous.as(accessToken);
      expect((await me.get('/user/me')).status).toBe(200);
      expect((await me.post('/auth/logout')).status).toBe(204);
      expect((await me.get('/user/me')).status).toBe(401);
      expect((await generous.post('/auth/refresh', { refreshToken })).status).toBe(401);
      const started = Date.now();
      const otherSession = await signUp(generous);
      expect((await generous.as(otherSession.accessToken).get('/user/me')).status).toBe(200);
      expect(Date.now() - started).toBeLessThan(5_000);
    },
    60_000,
  );
});

describe('sessions without PostgreSQL', () => {
  it('are neither let through nor called signed out', async () => {
    const { accessToken, refreshToken } = await signUp(generous);
    const database = await TcpProxy.start(system.env.DATABASE_URL ?? '');
    const { url } = await system.startApi({ DATABASE_URL: database.url });
    const client = new Client(url);
    expect((await client.as(accessToken).get('/user/me')).status).toBe(200);
    for (const disturb of [() => database.freeze(), () => database.cut()]) {
      disturb();
      const ask = () =>
        Promise.all([
          client.as(accessToken).get('/user/me'),
          client.post('/auth/refresh', { refreshToken }),
          client.post('/auth/send-otp', newMobile()),
          client.post('/auth/verify-otp', { ...newMobile(), otp: '123456' }),
        ]);
      const answers = await inTime(3_000, ask);
      for (const { status, body, headers } of answers) {
        expect([status, body.code]).toEqual([503, 'service.unavailable']);
        expect(headers.get('retry-after')).toBeTruthy();
      }
      database.heal();
      await eventually(
        'it works again',
        async () => (await client.as(accessToken).get('/user/me')).status === 200,
      );
    }
    await database.stop();
  }, 60_000);

  it('answer 503 also where the server ends the connection in the middle of a look-up', async () => {
    const administrator = await system.db.connect();
    await administrator.query('BEGIN');
    await administrator.query('LOCK TABLE app_user IN ACCESS EXCLUSIVE MODE');
    const asked = guess(generous);
    const waiting = "datname = current_database() AND wait_event_type = 'Lock'";
    await eventually('the look-up waits, and is ended', async () => {
      const ended = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${waiting}`;
      return (await administrator.query(ended)).rows.length > 0;
    });
    const { status, body } = await asked;
    await administrator.query('ROLLBACK');
    administrator.release();
    expect([status, body.code]).toEqual([503, 'service.unavailable']);
  });
});
