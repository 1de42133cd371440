import { DynamicModule, Module } from '@nestjs/common';
import { BullModule } from '@nestjs/bullmq';
import { REDIS } from '../redis/redis.module.js';
import type { RedisClient } from '../redis/connect.js';
import { Doorbell } from './work-queue.js';
import { QUEUE_PREFIX, QUEUES } from './define-work.js';

/** The producer's side of the queues, for both processes, on the fail-fast connection. */
@Module({})
export class QueueModule {
  static forRoot(): DynamicModule {
    const queues = QUEUES.map((name) =>
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
      module: QueueModule,
      global: true,
      imports: queues,
      providers: [Doorbell],
      exports: [Doorbell, ...queues],
    };
  }
}
