import { BullModule } from '@nestjs/bullmq';
import { DynamicModule, Module } from '@nestjs/common';
import type { RedisClient } from '../redis/connect.js';
import { REDIS } from '../redis/redis.module.js';
import { WORK_KINDS } from './define-work.js';
import { PeriodicTasks } from './periodic-task.js';
import { QueueConsumers } from './queue-consumers.js';
import { Recovery } from './recovery.js';
import { WorkLeases } from './work-leases.js';
import { QUEUE_PREFIX, WorkQueue } from './work-queue.js';
import { WorkRunner } from './work-runner.js';

/** The producer's side of the queues, for both processes, on the connection that fails fast. */
@Module({})
export class WorkModule {
  static forRoot(): DynamicModule {
    const queues = WORK_KINDS.map((name) =>
      BullModule.registerQueueAsync({
        name,
        inject: [REDIS],
        useFactory: (redis: RedisClient) => ({
          connection: redis,
          prefix: QUEUE_PREFIX,
          skipVersionCheck: true,
          skipWaitingForReady: true,
          skipMetasUpdate: true,
        }),
      }),
    );
    return {
      module: WorkModule,
      global: true,
      imports: queues,
      providers: [WorkQueue],
      exports: [WorkQueue, ...queues],
    };
  }
}

/** What takes and does the work. Only the worker has it. */
@Module({
  providers: [WorkLeases, QueueConsumers, WorkRunner, Recovery, PeriodicTasks],
  exports: [WorkLeases, WorkRunner, Recovery, PeriodicTasks],
})
export class WorkRunnerModule {}
