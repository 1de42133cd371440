import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import type { WorkKind } from '../../src/infra/work/define-work.js';
import { QUEUE_PREFIX } from '../../src/infra/work/work-queue.js';
import { Chat } from '../reliability/chat.js';
import { Environment } from '../support/environment.js';
import { eventually } from '../support/eventually.js';

const JOBS = 200;
const RUNNING = 5;
/** Each connection, and each thing that does not work during an outage, logs its beginning and its end. */
const FEW_LINES = 25;

describe('what a worker logs of an outage', () => {
  let environment: Environment;

  beforeAll(async () => {
    environment = await Environment.start({
      apis: 1,
      workers: 1,
      chunkDelayMs: 50,
      env: { LOG_LEVEL: 'info' },
    });
  }, 120_000);
  afterAll(() => environment?.stop(), 60_000);

  const output = () => environment.workers[0]?.output ?? '';

  /** Replies that are under way. @returns waits for their ends */
  async function runningReplies(): Promise<() => Promise<void>> {
    const chats = await Promise.all(Array.from({ length: RUNNING }, () => Chat.open(environment)));
    const ids = await Promise.all(chats.map((chat) => chat.accepted('[[words 60]]')));
    await Promise.all(chats.map((chat, i) => chat.claimed(ids[i] ?? '')));
    return async () => {
      for (const [i, chat] of chats.entries())
        expect(await chat.final(ids[i] ?? '', 60_000)).toMatchObject({ status: 'completed' });
    };
  }

  /** Jobs for items that do not exist: each costs a claim. */
  async function addJobs(kind: WorkKind): Promise<() => Promise<void>> {
    const queue = new Queue(kind, { connection: { url: environment.redis.url }, prefix: QUEUE_PREFIX });
    const opts = { removeOnComplete: true, removeOnFail: true };
    await queue.addBulk(
      Array.from({ length: JOBS }, () => ({ name: kind, data: { id: randomUUID() }, opts })),
    );
    return async () => {
      await eventually(
        'all jobs were taken',
        async () => {
          const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'prioritized');
          return Object.values(counts).every((count) => count === 0);
        },
        60_000,
      );
      await queue.close();
    };
  }

  /** Requires of what was logged since: nothing per job and no stack, the beginning and the end of the outage. */
  function requireFewLines(since: number, begins: RegExp, ends: RegExp): void {
    const text = output().slice(since);
    const lines = text.split('\n').filter((line) => line.trim() !== '' && !/a reply is done/.test(line));
    expect({ text, few: lines.length <= FEW_LINES }).toEqual({ text, few: true });
    expect(text).not.toMatch(/^\s+at |"stack"/m);
    expect(lines.filter((line) => begins.test(line) && !ends.test(line))).toHaveLength(1);
    expect(lines.filter((line) => ends.test(line))).toHaveLength(1);
  }

  it('of PostgreSQL is its beginning, its end and the number of failures, however many jobs failed', async () => {
    const ended = await runningReplies();
    const since = output().length;
    await environment.postgres.kill();
    const taken = await addJobs('chatroom-purge');
    await taken();
    await environment.postgres.restart();
    await ended();
    // The replies above were claimed before; the outage of claims is over with the next.
    await (
      await runningReplies()
    )();
    const over = /work is not claimed: over after [\d.]+ s, failures: (\d+)/;
    await eventually('the end is logged', () => over.test(output().slice(since)));
    expect(Number(over.exec(output().slice(since))?.[1])).toBeGreaterThanOrEqual(JOBS);
    requireFewLines(since, /work is not claimed/, over);
  }, 120_000);

  it('of Redis is its beginning and its end, however much work is ready', async () => {
    const ended = await runningReplies();
    const since = output().length;
    await environment.redis.kill();
    await environment.db.query(
      `INSERT INTO work_item (kind, subject_id, next_poll_at)
       SELECT 'chatroom-purge', gen_random_uuid()::text, now() FROM generate_series(1, $1)`,
      [JOBS],
    );
    await eventually('it lasts', () => /not taken from Redis/.test(output().slice(since)), 30_000);
    await environment.redis.restart();
    await eventually(
      'the work is done',
      async () => {
        const { rows } = await environment.db.query<{ items: number }>(
          'SELECT count(*)::int AS items FROM work_item',
        );
        return rows[0]?.items === 0;
      },
      60_000,
    );
    await ended();
    const over = /not taken from Redis: over after/;
    await eventually('the end is logged', () => over.test(output().slice(since)));
    requireFewLines(since, /not taken from Redis/, over);
  }, 120_000);
});
