import { Module } from '@nestjs/common';
import { createLoggingModule } from '../common/logging.module.js';
import { ConfigModule } from '../config/config.module.js';
import { WorkerHealthModule } from '../health/worker-health.module.js';
import { PostgresModule } from '../infra/postgres/postgres.module.js';
import { WorkModule } from '../infra/work/work.module.js';
import { RedisModule } from '../infra/redis/redis.module.js';
import { ProcessorModule } from '../processor/processor.module.js';

@Module({
  imports: [
    ConfigModule,
    createLoggingModule(),
    PostgresModule,
    RedisModule,
    WorkModule.forRoot(),
    WorkerHealthModule,
    ProcessorModule,
  ],
})
export class WorkerModule {}
