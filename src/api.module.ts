import { Module } from '@nestjs/common';
import { AuthModule } from './auth/auth.module.js';
import { ChatroomModule } from './chatroom/chatroom.module.js';
import { createLoggingModule } from './common/logging.module.js';
import { ConfigModule } from './config/config.module.js';
import { HealthModule } from './health/health.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { PrismaModule } from './infra/prisma/prisma.module.js';
import { QueueBoardModule } from './infra/queue/queue-board.module.js';
import { QueueModule } from './infra/queue/queue.module.js';
import { RedisModule } from './infra/redis/redis.module.js';
import { SubscriptionHttpModule } from './subscription/subscription-http.module.js';
import { UserModule } from './user/user.module.js';
import { WebhookHttpModule } from './webhook/webhook-http.module.js';

@Module({
  imports: [
    ConfigModule,
    createLoggingModule(),
    PrismaModule,
    RedisModule,
    QueueModule.forRoot(),
    QueueBoardModule,
    HealthModule,
    MetricsModule,
    AuthModule,
    ChatroomModule,
    UserModule,
    SubscriptionHttpModule,
    WebhookHttpModule,
  ],
})
export class ApiModule {}
