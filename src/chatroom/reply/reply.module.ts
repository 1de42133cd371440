import { Module } from '@nestjs/common';
import { GeminiModule } from '../../infra/gemini/gemini.module.js';
import { RoomBell } from '../room-bell.js';
import { ReplyGenerator } from './reply.generator.js';
import { ReplyOutcome } from './reply.outcome.js';
import { ReplyRescue } from './reply.rescue.js';
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
    ReplyOutcome,
    ReplyService,
    ReplyRescue,
  ],
  exports: [ReplyService, ReplyRescue, RunningReplies],
})
export class ReplyModule {}
