import { getQueueToken } from '@nestjs/bullmq';
import type { ModuleRef } from '@nestjs/core';
import { Queue } from 'bullmq';
import { DependencyChecks } from '../../src/common/dependency-checks.js';
import { timing } from '../../src/config/timing.js';
import { QueueConsumers } from '../../src/infra/work/queue-consumers.js';
import type { Settings } from '../../src/config/settings.js';
import { Database } from '../../src/infra/postgres/database.js';
import { connectRedis } from '../../src/infra/redis/connect.js';
import { WORK_KINDS, type WorkKind } from '../../src/infra/work/define-work.js';
import { Recovery } from '../../src/infra/work/recovery.js';
import { WorkLeases } from '../../src/infra/work/work-leases.js';
import { QUEUE_PREFIX, WorkQueue } from '../../src/infra/work/work-queue.js';
import { WorkRunner } from '../../src/infra/work/work-runner.js';

/** The work engine of one worker process, without the product's processors. */
export interface WorkerParts {
  database: Database;
  leases: WorkLeases;
  queue: WorkQueue;
  recovery: Recovery;
  runner: WorkRunner;
  /** The BullMQ queue of a kind. */
  jobs(kind: WorkKind): Queue;
  stop(): Promise<void>;
}

/** @param poolSize connections to PostgreSQL, at most */
export function buildWorkerParts(databaseUrl: string, redisUrl: string, poolSize = 10): WorkerParts {
  const settings = {
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_SIZE: poolSize,
    DATABASE_PREPARED_STATEMENTS: true,
    REDIS_URL: redisUrl,
    TIME_SCALE: 1,
  } as Settings;
  const times = timing(settings);
  const consumers = new QueueConsumers(settings, times, new DependencyChecks());
  const database = new Database(settings);
  const connection = connectRedis(settings, 'worker');
  const queues = new Map(
    WORK_KINDS.map((kind) => [getQueueToken(kind), new Queue(kind, { connection, prefix: QUEUE_PREFIX })]),
  );
  const queue = new WorkQueue({ get: (token: string) => queues.get(token) } as unknown as ModuleRef);
  const leases = new WorkLeases(database, times);
  const runner = new WorkRunner(database, leases, queue, consumers, times);
  const stop = async () => {
    await runner.stop(1_000);
    await leases.onApplicationShutdown();
    await Promise.all([...queues.values()].map((one) => one.close()));
    connection.disconnect();
    await database.onApplicationShutdown();
  };
  const jobs = (kind: WorkKind) => queues.get(getQueueToken(kind)) as Queue;
  return { database, leases, queue, recovery: new Recovery(database, queue, times), runner, jobs, stop };
}
