import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { replyJob } from '../chatroom/reply-queue.js';
import { ReplyService } from '../chatroom/reply/reply.service.js';
import type { JobContext, JobProcessor } from '../infra/work/define-work.js';

type Payload = z.infer<typeof replyJob.payload>;

@Injectable()
export class ReplyProcessor implements JobProcessor<Payload> {
  readonly job = replyJob;

  constructor(private readonly replies: ReplyService) {}

  process({ replyId }: Payload, context: JobContext): Promise<void> {
    return this.replies.run(replyId, context);
  }
}
