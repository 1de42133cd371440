import { Injectable, Logger } from '@nestjs/common';
import { failpoint } from '../../common/failpoint.js';
import { Settings } from '../../config/settings.js';
import { GeminiError } from '../../infra/gemini/gemini-error.js';
import { Doorbell } from '../../infra/work/work-queue.js';
import type { JobContext } from '../../infra/work/define-work.js';
import { ringForReply } from '../reply-queue.js';
import { RoomBell } from '../reply-queue.js';
import { failed } from './reply-result.js';
import { decideRetry, type RetryDecision } from './retry-decision.js';
import type { Lease } from './lease.js';
import type { Attempt } from './reply.generator.js';
import type { ReplyWork } from './reply.sql.js';
import { isDatabaseUnavailable } from '../../infra/postgres/errors.js';
import { ReplyStore, type ReplyResult } from './reply.store.js';

/** Milliseconds between attempts to store what was generated while PostgreSQL is away, and for how long. */
const STORE_EVERY = 500;
const STORE_FOR = 120_000;
/** Milliseconds after which a job that was told to come back is sure to find its row due. */
const DUE_MARGIN = 20;

/** What follows an attempt: the ending, another attempt later, or nothing where the reply is no longer ours. */
@Injectable()
export class ReplyCompletion {
  private readonly logger = new Logger(ReplyCompletion.name);

  constructor(
    private readonly store: ReplyStore,
    private readonly doorbell: Doorbell,
    private readonly bell: RoomBell,
    private readonly settings: Settings,
  ) {}

  /** Stores the ending, tells who listens, and rings for the room's next. */
  async end(
    { lease: { work }, publisher }: Pick<Attempt, 'lease' | 'publisher'>,
    ending: ReplyResult,
    stopping: AbortSignal,
  ): Promise<void> {
    failpoint('reply.generated');
    const ended = await this.finishSurely(work, ending, stopping);
    if (ended) failpoint('reply.finished');
    await publisher.end();
    if (!ended) return;
    failpoint('reply.ended');
    this.logger.log(
      { ...ids(work), status: ending.status, code: ending.error?.code, tokens: ending.usage?.totalTokens },
      'a reply ended',
    );
    await this.bell.ring(work.chatroomId);
  }

  /** @throws whatever is no failure of Gemini's: the lease runs out and the relay rings */
  async afterFailure(attempt: Attempt, error: unknown, context: JobContext): Promise<void> {
    const { lease, model, window } = attempt;
    const { work } = lease;
    if (lease.stopReason) return this.stopEarly(lease);
    if (!(error instanceof GeminiError)) throw error;
    const situation = {
      attempts: work.attempts + 1,
      maxAttempts: this.settings.REPLY_ATTEMPTS,
      model,
      fallbackModel: this.settings.GEMINI_FALLBACK_MODEL,
    };
    const verdict = decideRetry(error, situation, Math.random());
    this.logger.warn(
      { ...ids(work), model, kind: error.kind, status: error.status, verdict },
      'a call to Gemini failed',
    );
    if (verdict.action === 'retry') return this.tryLater(work, verdict, context);
    const ending = failed(verdict.code, { model, contextTrimmed: window.trimmed }, error);
    await this.end(attempt, ending, context.signal);
  }

  private async tryLater(
    work: ReplyWork,
    { delay, model, pause }: RetryDecision & { action: 'retry' },
    context: JobContext,
  ): Promise<void> {
    if (!(await this.store.postpone(work, delay, 1, model))) return;
    failpoint('reply.postponed');
    if (pause > 0)
      await context
        .pauseQueue(pause)
        .catch((error: Error) => this.logger.warn(`the queue was not paused: ${error.message}`));
    await ringForReply(this.doorbell, work.id, work.claim, delay + DUE_MARGIN);
  }

  /** Lost: the row is somebody else's by now. A process that stops gives its reply back at once. */
  private async stopEarly({ work, stopReason }: Lease): Promise<void> {
    this.logger.log({ ...ids(work), reason: stopReason }, 'a reply was left');
    if (stopReason !== 'shutdown') return;
    if (await this.store.postpone(work, 0, 0, work.triedModel))
      await ringForReply(this.doorbell, work.id, work.claim);
  }

  /** Stores the ending, also over an outage of PostgreSQL: what was generated is not paid for twice. */
  private async finishSurely(work: ReplyWork, ending: ReplyResult, stopping: AbortSignal): Promise<boolean> {
    const giveUpAt = performance.now() + STORE_FOR;
    for (;;) {
      try {
        return await this.store.finish(work, ending);
      } catch (error) {
        if (!isDatabaseUnavailable(error) || stopping.aborted || performance.now() > giveUpAt) throw error;
        await new Promise((resolve) => setTimeout(resolve, STORE_EVERY));
      }
    }
  }
}

/** What every log line about a reply names: never any of its text. */
function ids({ id, claim, attempts, requestId }: ReplyWork) {
  return { replyId: id, claim, attempts, requestId };
}
