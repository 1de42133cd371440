import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ChatroomModule } from '../chatroom/chatroom.module.js';
import { createLoggingModule } from '../common/logging.module.js';
import { ConfigModule } from '../config/config.module.js';
import { HealthModule } from '../health/health.module.js';
import { MetricsApiModule } from '../infra/metrics/metrics.api.module.js';
import { PostgresModule } from '../infra/postgres/postgres.module.js';
import { QueueBoardModule } from '../infra/work/queue-board.js';
import { WorkModule } from '../infra/work/work.module.js';
import { RedisModule } from '../infra/redis/redis.module.js';
import { SubscriptionApiModule } from '../subscription/subscription.api.module.js';
import { UserModule } from '../user/user.module.js';
import { WebhookApiModule } from '../webhook/webhook.api.module.js';

@Module({
  imports: [
    ConfigModule,
    createLoggingModule(),
    PostgresModule,
    RedisModule,
    WorkModule.forRoot(),
    QueueBoardModule,
    HealthModule,
    MetricsApiModule,
    AuthModule,
    ChatroomModule,
    UserModule,
    SubscriptionApiModule,
    WebhookApiModule,
  ],
})
export class ApiModule {}
