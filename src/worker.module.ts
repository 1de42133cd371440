import { Module } from '@nestjs/common';
import { createLoggingModule } from './common/logging.module.js';
import { ConfigModule } from './config/config.module.js';
import { WorkerHealthModule } from './health/worker-health.module.js';
import { PrismaModule } from './infra/prisma/prisma.module.js';
import { QueueModule } from './infra/queue/queue.module.js';
import { RedisModule } from './infra/redis/redis.module.js';
import { ProcessorModule } from './processor/processor.module.js';

@Module({
  imports: [
    ConfigModule,
    createLoggingModule(),
    PrismaModule,
    RedisModule,
    QueueModule.forRoot(),
    WorkerHealthModule,
    ProcessorModule,
  ],
})
export class WorkerModule {}
