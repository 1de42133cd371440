import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { IdempotencyModule } from '../infra/idempotency/idempotency.module.js';
import { QuotaModule } from '../quota/quota.module.js';
import { PlanModule } from '../subscription/plan.module.js';
import { AcceptService } from './accept.service.js';
import { CancelService } from './cancel.service.js';
import { ChatroomController } from './chatroom.controller.js';
import { ChatroomService } from './chatroom.service.js';
import { RedisSubscriber } from '../infra/redis/redis-subscriber.js';
import { MessageFollowService } from './message-follow.service.js';
import { MessageController } from './message.controller.js';
import { MessageService } from './message.service.js';
import { PromptAnswer } from './prompt-answer.js';
import { PromptController } from './prompt.controller.js';
import { PublishedText } from './published-text.js';
import { ReplyFeeds } from './reply-feed/reply-feeds.js';
import { ReplyStreamService } from './reply-feed/reply-stream.service.js';
import { ReplyWaitService } from './reply-feed/reply-wait.service.js';
import { ReplyStopper } from './reply-stopper.js';
import { RetryService } from './retry.service.js';
import { RoomBell } from './room-bell.js';
import { RoomClosingService } from './room-closing.service.js';
import { RoomListCache } from './room-list.cache.js';
import { RoomListService } from './room-list.service.js';

@Module({
  imports: [AuthModule, IdempotencyModule, PlanModule, QuotaModule],
  controllers: [ChatroomController, MessageController, PromptController],
  providers: [
    ChatroomService,
    RoomListService,
    RoomListCache,
    RoomClosingService,
    MessageService,
    MessageFollowService,
    RedisSubscriber,
    ReplyFeeds,
    ReplyStreamService,
    ReplyWaitService,
    ReplyStopper,
    RoomBell,
    AcceptService,
    CancelService,
    RetryService,
    PublishedText,
    PromptAnswer,
  ],
  exports: [RoomClosingService],
})
export class ChatroomModule {}
