import { Module } from '@nestjs/common';
import { GeminiModule } from '../../infra/gemini/gemini.module.js';
import { RoomBell } from '../reply-queue.js';
import { ReplyGenerator } from './reply.generator.js';
import { ReplyCompletion } from './reply.completion.js';
import { ReplyRecovery } from './reply.recovery.js';
import { ReplyService } from './reply.service.js';
import { ReplyStore } from './reply.store.js';
import { ResponseCache } from './response-cache.js';
import { RunningReplies } from './running-replies.js';

/** The work of a reply. Only the worker has it. */
@Module({
  imports: [GeminiModule],
  providers: [
    RoomBell,
    ReplyStore,
    ReplyGenerator,
    ResponseCache,
    RunningReplies,
    ReplyCompletion,
    ReplyService,
    ReplyRecovery,
  ],
  exports: [ReplyService, ReplyRecovery, RunningReplies],
})
export class ReplyModule {}
