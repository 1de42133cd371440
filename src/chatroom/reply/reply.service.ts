import { Inject, Injectable } from '@nestjs/common';
import { failpoint } from '../../common/failpoint.js';
import { Settings } from '../../config/settings.js';
import type { JobContext } from '../../infra/work/define-work.js';
import type { RedisClient } from '../../infra/redis/connect.js';
import { REDIS } from '../../infra/redis/redis.module.js';
import { failed, finished } from './reply-result.js';
import type { Lease } from './lease.js';
import { ReplyGenerator, type GeneratedReply, type Attempt } from './reply.generator.js';
import { ReplyCompletion } from './reply.completion.js';
import { ReplyPublisher } from './reply.publisher.js';
import { RunningReplies } from './running-replies.js';

/** Claims lost with their workers before a reply is given up: it may be what kills them. */
const MAX_LOST_CLAIMS = 10;

/** The work of one reply: claim, generate, and what follows. */
@Injectable()
export class ReplyService {
  constructor(
    private readonly running: RunningReplies,
    private readonly generator: ReplyGenerator,
    private readonly outcome: ReplyCompletion,
    @Inject(REDIS) private readonly redis: RedisClient,
    private readonly settings: Settings,
  ) {}

  /** Does one attempt at a reply, if it can be claimed. Harmless at any time, any number of times. */
  async run(replyId: string, context: JobContext): Promise<void> {
    const lease = await this.running.claim(replyId, context.signal);
    if (!lease) return;
    failpoint('reply.claimed');
    const publisher = this.publisherOf(lease);
    try {
      await this.attempt(lease, publisher, context);
    } finally {
      publisher.close();
      this.running.leave(lease);
    }
  }

  private async attempt(lease: Lease, publisher: ReplyPublisher, context: JobContext): Promise<void> {
    const { work } = lease;
    const model = work.triedModel ?? work.roomModel ?? this.settings.GEMINI_MODEL;
    if (work.lostClaims >= MAX_LOST_CLAIMS) {
      const abandoned = failed('reply.abandoned', { model, contextTrimmed: false });
      return this.outcome.end({ lease, publisher }, abandoned, context.signal);
    }
    publisher.begin();
    const window = await this.generator.window(work);
    const attempt: Attempt = { lease, publisher, model, window };
    let answer: GeneratedReply;
    try {
      answer = await this.generator.generate(attempt);
    } catch (error) {
      publisher.close();
      return this.outcome.afterFailure(attempt, error, context);
    }
    const ending = finished(answer.result, answer.cached, { model, contextTrimmed: window.trimmed });
    await this.outcome.end(attempt, ending, context.signal);
  }

  private publisherOf(lease: Lease): ReplyPublisher {
    const { id, claim, attempts, lostClaims } = lease.work;
    return new ReplyPublisher(this.redis, {
      replyId: id,
      claim,
      attempt: attempts + lostClaims + 1,
      held: () => lease.held,
    });
  }
}
