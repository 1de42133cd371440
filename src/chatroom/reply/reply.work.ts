import { Inject, Injectable, Logger } from '@nestjs/common';
import { failpoint } from '../../common/failpoint.js';
import { bareModelName } from '../../config/model-name.js';
import { Settings } from '../../config/settings.js';
import { GeminiError } from '../../infra/gemini/gemini-error.js';
import type { RedisClient } from '../../infra/redis/connect.js';
import { REDIS } from '../../infra/redis/redis.module.js';
import {
  DONE,
  failedAttempt,
  type WorkContext,
  type WorkProcessor,
  type WorkResult,
} from '../../infra/work/define-work.js';
import { historyWindow, turnsToRead } from './history-window.js';
import { failed, finished, kept } from './reply-result.js';
import { ReplyCompletion } from './reply.completion.js';
import { ReplyGenerator, type GeneratedReply } from './reply.generator.js';
import { ReplyPublisher } from './reply.publisher.js';
import { CLAIM_REPLY, type ReplyItem } from './reply.sql.js';
import { decideRetry, gaveAnything } from './retry-decision.js';

/** Claims lost with their workers, or runs that failed by a fault of ours, before a reply is given up: it may be their cause. */
const MAX_LOST = 10;
/** Milliseconds before the next attempt after a fault of ours. */
const FAULT_DELAY = 5_000;

/** Generates replies: one run is one attempt. */
@Injectable()
export class ReplyWork implements WorkProcessor<ReplyItem> {
  readonly kind = 'reply';
  readonly concurrency: number;
  readonly maxPerMinute?: number;
  readonly claim: { statement: typeof CLAIM_REPLY; values: unknown[] };
  private readonly logger = new Logger(ReplyWork.name);

  constructor(
    private readonly generator: ReplyGenerator,
    private readonly completion: ReplyCompletion,
    @Inject(REDIS) private readonly redis: RedisClient,
    private readonly settings: Settings,
  ) {
    this.concurrency = settings.WORKER_CONCURRENCY;
    this.maxPerMinute = settings.GEMINI_MAX_RPM;
    this.claim = { statement: CLAIM_REPLY, values: [turnsToRead(settings.HISTORY_MAX_MESSAGES)] };
  }

  async run(context: WorkContext<ReplyItem>): Promise<WorkResult> {
    const { lease } = context;
    if (lease.item.prompt === null) return DONE;
    failpoint('reply.claimed');
    const publisher = new ReplyPublisher(this.redis, {
      replyId: lease.item.subjectId,
      claim: lease.item.claim,
      attempt: lease.item.attempts + lease.item.lostClaims + 1,
      held: () => lease.held,
    });
    try {
      return await this.attempt(context, publisher, lease.item.prompt);
    } finally {
      publisher.close();
    }
  }

  afterError({ retryWith }: ReplyItem, error: unknown): WorkResult {
    return failedAttempt(error, FAULT_DELAY, retryWith);
  }

  private async attempt(
    context: WorkContext<ReplyItem>,
    publisher: ReplyPublisher,
    prompt: string,
  ): Promise<WorkResult> {
    const { lease } = context;
    const { item } = lease;
    const {
      HISTORY_MAX_MESSAGES: maxMessages,
      HISTORY_MAX_TOKENS: maxTokens,
      REPLY_ATTEMPTS,
    } = this.settings;
    const model = bareModelName(item.retryWith ?? item.roomModel ?? this.settings.GEMINI_MODEL);
    if (item.lostClaims >= MAX_LOST || item.attempts >= REPLY_ATTEMPTS + MAX_LOST)
      return this.completion.complete(
        context,
        publisher,
        failed('reply.abandoned', { model, contextTrimmed: false }),
      );
    publisher.begin();
    const window = historyWindow(item.turns, prompt, { maxMessages, maxTokens });
    const facts = { model, contextTrimmed: window.trimmed };
    let generated: GeneratedReply;
    try {
      generated = await this.generator.generate({ lease, publisher, model, window });
    } catch (error) {
      publisher.close();
      if (!(error instanceof GeminiError) || lease.stopReason) throw error;
      return this.afterFailedCall(context, publisher, facts, error);
    }
    const { result, cached, discard } = generated;
    return this.completion.complete(context, publisher, finished(result, cached, facts), discard);
  }

  private async afterFailedCall(
    context: WorkContext<ReplyItem>,
    publisher: ReplyPublisher,
    facts: { model: string; contextTrimmed: boolean },
    error: GeminiError,
  ): Promise<WorkResult> {
    const { subjectId, claim, attempts, requestId } = context.lease.item;
    const text = publisher.content;
    const retryContext = {
      attempts: attempts + 1,
      maxAttempts: this.settings.REPLY_ATTEMPTS,
      model: facts.model,
      fallbackModel: this.settings.GEMINI_FALLBACK_MODEL,
      text,
    };
    const decision = decideRetry(error, retryContext, Math.random());
    this.logger.warn(
      {
        replyId: subjectId,
        claim,
        attempts,
        requestId,
        model: facts.model,
        kind: error.kind,
        status: error.status,
        finishReason: error.finishReason,
        decision,
      },
      'a call to Gemini failed',
    );
    if (decision.action === 'keep')
      return this.completion.complete(context, publisher, kept(text, error, facts));
    if (decision.action === 'fail')
      return this.completion.complete(context, publisher, failed(decision.code, facts, error, text));
    if (decision.pause > 0)
      await context
        .pauseQueue(decision.pause)
        .catch((reason: Error) => this.logger.warn(`the queue was not paused: ${reason.message}`));
    return {
      action: 'retry',
      delay: decision.delay,
      failed: true,
      retryWith: decision.model,
      error: error.kind,
      produced: gaveAnything(text, error.usage),
    };
  }
}
