import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { IdempotencyModule } from '../infra/idempotency/idempotency.module.js';
import { QuotaModule } from '../quota/quota.module.js';
import { PlanModule } from '../plan/plan.module.js';
import { AcceptService } from './prompt/accept.service.js';
import { CancelService } from './prompt/cancel.service.js';
import { ChatroomController } from './room/chatroom.controller.js';
import { ChatroomService } from './room/chatroom.service.js';
import { MessageFollowService } from './stream/message-follow.service.js';
import { MessageController } from './stream/message.controller.js';
import { MessageService } from './message/message.service.js';
import { PromptResponder } from './prompt/prompt-response.js';
import { PromptController } from './prompt/prompt.controller.js';
import { ReplySubscriptions } from './stream/reply-subscriptions.js';
import { ReplyStreamService } from './stream/reply-stream.service.js';
import { ReplyWaitService } from './stream/reply-wait.service.js';
import { ReplyChannel } from './reply-channel.js';
import { RetryService } from './prompt/retry.service.js';
import { ChatroomDeletionService } from './room/chatroom-deletion.service.js';
import { ChatroomListCache } from './room/chatroom-list.service.js';
import { ChatroomListService } from './room/chatroom-list.service.js';

@Module({
  imports: [AuthModule, IdempotencyModule, PlanModule, QuotaModule],
  controllers: [ChatroomController, MessageController, PromptController],
  providers: [
    ChatroomService,
    ChatroomListService,
    ChatroomListCache,
    ChatroomDeletionService,
    MessageService,
    MessageFollowService,
    ReplySubscriptions,
    ReplyStreamService,
    ReplyWaitService,
    ReplyChannel,
    AcceptService,
    CancelService,
    RetryService,
    PromptResponder,
  ],
  exports: [ChatroomDeletionService],
})
export class ChatroomModule {}
