import { Module } from '@nestjs/common';
import { GeminiModule } from '../../infra/gemini/gemini.module.js';
import { WorkRunnerModule } from '../../infra/work/work.module.js';
import { ReplyCancellation } from './reply-cancellation.js';
import { ReplyCompletion } from './reply.completion.js';
import { ReplyGenerator } from './reply.generator.js';
import { ReplyWork } from './reply.work.js';
import { ResponseCache } from './response-cache.js';

/** Generating replies. Only the worker has it. */
@Module({
  imports: [GeminiModule, WorkRunnerModule],
  providers: [ResponseCache, ReplyGenerator, ReplyCompletion, ReplyCancellation, ReplyWork],
  exports: [ReplyWork],
})
export class ReplyModule {}
