import { eventually } from '../support/eventually.js';
import { Environment } from '../support/environment.js';
import { Chat } from './chat.js';

/** One line a request is the access log, in an outage as at any other time. */
const ACCESS = /request (completed|errored)/;

describe('the log of an outage', () => {
  let environment: Environment;
  let chat: Chat;

  beforeAll(async () => {
    environment = await Environment.start({ apis: 1, workers: 0, env: { LOG_LEVEL: 'info' } });
    chat = await Chat.open(environment);
  }, 90_000);
  afterAll(() => environment.stop(), 60_000);

  const output = () => environment.apis[0]?.output ?? '';

  /** What the API logged while `work` ran and until `end` is logged, without the access log. */
  async function logged(
    end: RegExp,
    work: () => Promise<unknown>,
  ): Promise<{ lines: string[]; all: string }> {
    const before = output().length;
    const since = () => output().slice(before);
    await work();
    await eventually(`${end} is logged`, async () => end.test(since()));
    const lines = since()
      .split('\n')
      .filter((line) => line.trim() !== '' && !ACCESS.test(line));
    return { lines, all: since() };
  }

  const statuses = async (count: number) =>
    new Set(
      await Promise.all(
        Array.from({ length: count }, async () => (await chat.client().get('/user/me')).status),
      ),
    );

  it('of PostgreSQL is a few lines with the reason and the count, and no stack', async () => {
    const { lines, all } = await logged(/PostgreSQL is unavailable: over after/, async () => {
      await environment.postgres.kill();
      for (let n = 0; n < 10; n += 1) expect([...(await statuses(20))]).toEqual([503]);
      expect((await chat.client().get('/readyz')).status).toBe(503);
      await environment.postgres.restart();
      await eventually('answered again', async () => (await statuses(1)).has(200));
    });
    expect(all).not.toMatch(/^\s+at /m);
    expect(all).not.toContain('"stack"');
    expect(lines.join('\n')).not.toContain('ERROR');
    expect(lines.filter((line) => /WARN.*PostgreSQL is unavailable: \S/.test(line))).toHaveLength(1);
    expect(Number(/over after [\d.]+ s, failures: (\d+)/.exec(all)?.[1])).toBeGreaterThanOrEqual(200);
    expect(lines.length).toBeLessThanOrEqual(6);
  }, 60_000);

  it('of Redis is a few lines, and no stack', async () => {
    const { lines, all } = await logged(/limits are counted by each process alone: over after/, async () => {
      await environment.redis.kill();
      for (let n = 0; n < 10; n += 1) expect([...(await statuses(20))]).toEqual([200]);
      expect((await chat.client().get('/readyz')).body.status).toBe('degraded');
      await environment.redis.restart();
      await eventually(
        'Redis is used again',
        async () => {
          await statuses(1);
          return /limits are counted by each process alone: over after/.test(output());
        },
        20_000,
      );
    });
    expect(all).not.toMatch(/^\s+at /m);
    expect(lines.join('\n')).not.toContain('ERROR');
    expect(lines.length).toBeLessThanOrEqual(10);
  }, 60_000);
});
