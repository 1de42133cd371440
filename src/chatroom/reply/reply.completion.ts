import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { failpoint } from '../../common/failpoint.js';
import { Settings } from '../../config/settings.js';
import { Metrics } from '../../infra/metrics/metrics.js';
import { Database, type ValuesOf } from '../../infra/postgres/database.js';
import { isDatabaseUnavailable } from '../../infra/postgres/errors.js';
import { SETTLED, type WorkContext, type WorkResult } from '../../infra/work/define-work.js';
import { WorkQueue } from '../../infra/work/work-queue.js';
import { toColumns, type ReplyResult } from './reply-result.js';
import type { ReplyPublisher } from './reply.publisher.js';
import { FINISH_REPLY, type FinishRow, type ReplyItem } from './reply.sql.js';

/** Milliseconds between attempts to store what was generated while PostgreSQL is away, and for how long. */
const STORE_EVERY = 500;
const STORE_FOR = 120_000;

/** Stores how a reply ends and publishes it. */
@Injectable()
export class ReplyCompletion {
  private readonly logger = new Logger(ReplyCompletion.name);

  constructor(
    private readonly database: Database,
    private readonly queue: WorkQueue,
    private readonly metrics: Metrics,
    private readonly settings: Settings,
  ) {}

  /**
   * Stores the result, publishes the end, and adds the jobs of the items that became ready. A claim that holds the reply no
   * more changes nothing.
   * @param discard undoes what generating the reply has left elsewhere, where the reply is not stored: the account may be
   * deleted, and what Redis held of it with it
   */
  async complete(
    { lease, stopping }: WorkContext<ReplyItem>,
    publisher: ReplyPublisher,
    result: ReplyResult,
    discard?: () => Promise<void>,
  ): Promise<WorkResult> {
    const { item } = lease;
    const { ended, promoted } = await this.store(item, result, stopping);
    if (ended) failpoint('reply.finished');
    else await discard?.();
    await publisher.end();
    if (ended) this.log(item, result);
    if (ended) failpoint('reply.ended');
    await this.queue.add('reply', promoted);
    return SETTLED;
  }

  /** Stores the result also over an outage of PostgreSQL: what was generated is not paid for twice. */
  private async store(item: ReplyItem, result: ReplyResult, stopping: AbortSignal): Promise<FinishRow> {
    const { subjectId, claim, userId } = item;
    const values: ValuesOf<typeof FINISH_REPLY> = [
      subjectId,
      claim,
      ...toColumns(result),
      userId,
      this.settings.MAX_RUNNING_REPLIES_PER_USER,
    ];
    const giveUpAt = performance.now() + STORE_FOR;
    for (;;) {
      try {
        const [row] = await this.database.query(FINISH_REPLY, values);
        return row ?? { ended: false, promoted: [] };
      } catch (error) {
        if (!isDatabaseUnavailable(error) || stopping.aborted || performance.now() > giveUpAt) throw error;
        await delay(STORE_EVERY);
      }
    }
  }

  /** Never any of the text. */
  private log(
    { subjectId, claim, attempts, requestId }: ReplyItem,
    { status, error, usage }: ReplyResult,
  ): void {
    this.metrics.replyEnded(status);
    this.logger.log(
      {
        replyId: subjectId,
        claim,
        attempts,
        requestId,
        status,
        code: error?.code,
        tokens: usage?.totalTokens,
      },
      'a reply ended',
    );
  }
}
