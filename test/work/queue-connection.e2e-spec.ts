import { Redis } from 'ioredis';
import type { Child } from '../support/child.js';
import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../../dev/launcher/free-port.js';
import { PrivateRedis } from '../support/private-redis.js';
import { ending, openRoom, prompt } from '../support/rooms.js';
import { System } from '../support/system.js';

type Worker = Child & { health: Client };

/** Far above what an idle worker logs and what it sends to Redis, far below what repeating without a pause would be. */
const FEW_LINES = 10;
const FEW_COMMANDS = 600;

describe('a worker whose connection to Redis', () => {
  let redis: PrivateRedis;
  let administrator: Redis;
  let system: System;
  const replicaOf = (host: string, port: string) => administrator.replicaof(host, port);
  const acl = (...rights: string[]) => administrator.call('ACL', 'SETUSER', 'app', ...rights);
  const urlOf = (user: string, password: string) => redis.url.replace('//', `//${user}:${password}@`);

  beforeAll(async () => {
    redis = await PrivateRedis.start();
    administrator = new Redis(redis.url);
    await acl('on', '>right', '~*', '&*', '+@all');
    system = await System.start({ workers: 0, timeScale: 0.3, env: { REDIS_URL: redis.url } });
  }, 90_000);
  afterEach(async () => {
    await replicaOf('NO', 'ONE');
    await acl('+@all');
    await Promise.all(system.workers.map((worker) => worker.stop()));
  });
  afterAll(async () => {
    await system?.stop();
    administrator?.disconnect();
    await redis?.stop();
  }, 60_000);

  async function startWorker(url: string): Promise<Worker> {
    const port = String(await freePort());
    const child = await system.startWorker({ REDIS_URL: url, WORKER_HEALTH_PORT: port });
    return Object.assign(child, { health: new Client(`http://127.0.0.1:${port}`) });
  }

  const reply = async () => {
    const person = await system.signedIn();
    const room = await openRoom(person);
    const id = await prompt(person, room, 'hello [[say hi]]');
    return () => ending(person, room, id, 60_000);
  };

  const queueOf = async (worker: Worker) => {
    const { body } = await worker.health.get('/readyz');
    return body.dependencies?.find(({ name }: { name: string }) => name === 'queue');
  };
  const shown = (worker: Worker, detail: RegExp) =>
    eventually(
      `/readyz shows ${detail}`,
      async () => {
        const queue = await queueOf(worker);
        return queue?.status === 'degraded' && detail.test(queue.detail);
      },
      30_000,
    );
  const works = async (worker: Worker) =>
    eventually(
      '/readyz shows that jobs are taken',
      async () => (await queueOf(worker))?.status === 'up',
      30_000,
    );

  /** Also those that Redis refused, and those of scripts. */
  async function commandsSoFar(): Promise<number> {
    const counts = (await administrator.info('commandstats')).matchAll(/[:,](?:rejected_)?calls=(\d+)/g);
    return [...counts].reduce((sum, [, calls]) => sum + Number(calls), 0);
  }

  /** What goes on in three seconds. */
  async function requireCalm(worker: Worker): Promise<void> {
    const commands = await commandsSoFar();
    const { length } = worker.output;
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const lines = worker.output.slice(length).split('\n').length - 1;
    expect({ lines, few: lines < FEW_LINES }).toEqual({ lines, few: true });
    const sent = (await commandsSoFar()) - commands;
    expect({ sent, few: sent < FEW_COMMANDS }).toEqual({ sent, few: true });
  }

  /** Within the time that running work would have, and no run is under way. */
  async function requireStops(worker: Worker): Promise<void> {
    const began = performance.now();
    await worker.signal('SIGTERM');
    expect(await worker.exited).toBe(0);
    expect(performance.now() - began).toBeLessThan(8_000);
  }

  const errorLines = (worker: Worker) =>
    worker.output.split('\n').filter((line) => /ERROR|"level":50/.test(line) && /not taken/.test(line));

  it('may not use INFO or any other dangerous command takes jobs all the same', async () => {
    await acl('-@dangerous');
    const worker = await startWorker(urlOf('app', 'right'));
    const ended = await reply();
    expect(await ended()).toMatchObject({ status: 'completed', content: 'hi' });
    await works(worker);
    await requireCalm(worker);
    await requireStops(worker);
  }, 60_000);

  it.each(['-@blocking', '-@scripting'])(
    'lacks a right (%s) says so, and works once it has it',
    async (right) => {
      await acl(right);
      const worker = await startWorker(urlOf('app', 'right'));
      const other = await startWorker(urlOf('app', 'right'));
      await shown(worker, /^no jobs are taken: .*reply \(NOPERM\)/);
      await requireCalm(worker);
      expect(errorLines(worker)).toEqual([expect.stringMatching(/: NOPERM /)]);
      await requireStops(other);
      const ended = await reply();
      await acl('+@all');
      expect(await ended()).toMatchObject({ status: 'completed' });
      await works(worker);
      await eventually('the recovery is logged', () =>
        /not taken from Redis: over after/.test(worker.output),
      );
      await requireStops(worker);
    },
    90_000,
  );

  it('has a wrong password says so, and works once it is right', async () => {
    const worker = await startWorker(urlOf('app', 'new'));
    const other = await startWorker(urlOf('app', 'new'));
    await shown(worker, /reply \(WRONGPASS\)/);
    await requireCalm(worker);
    expect(errorLines(worker)).toEqual([expect.stringMatching(/: WRONGPASS /)]);
    await requireStops(other);
    const ended = await reply();
    await acl('>new');
    expect(await ended()).toMatchObject({ status: 'completed' });
    await works(worker);
    await requireStops(worker);
  }, 90_000);

  it('leads to a replica after a failover says so, and works once that is the primary', async () => {
    const worker = await startWorker(redis.url);
    const other = await startWorker(redis.url);
    await works(worker);
    await replicaOf('127.0.0.1', String(await freePort()));
    const ended = await reply();
    await shown(worker, /reply \(READONLY\)/);
    await requireCalm(worker);
    expect(errorLines(worker)).toHaveLength(1);
    await requireStops(other);
    await replicaOf('NO', 'ONE');
    expect(await ended()).toMatchObject({ status: 'completed' });
    await works(worker);
    await requireStops(worker);
  }, 120_000);

  it('is gone when it starts, or does not respond, stops in time', async () => {
    const unreachable = await startWorker(`redis://127.0.0.1:${await freePort()}`);
    const worker = await startWorker(redis.url);
    await works(worker);
    redis.freeze();
    try {
      await shown(unreachable, /reply \(no response\)/);
      await requireStops(unreachable);
      await requireStops(worker);
    } finally {
      redis.thaw();
    }
  }, 90_000);
});
