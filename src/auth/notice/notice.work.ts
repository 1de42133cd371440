import { Injectable, Logger } from '@nestjs/common';
import { DeliveryError, type NoticeMessage } from '../../infra/otp-delivery/otp-delivery.js';
import { OtpDeliveryService } from '../../infra/otp-delivery/otp-delivery.service.js';
import { Database } from '../../infra/postgres/database.js';
import {
  DONE,
  exponentialDelay,
  failedAttempt,
  type WorkContext,
  type WorkItem,
  type WorkProcessor,
  type WorkResult,
} from '../../infra/work/define-work.js';
import { DELETE_NOTICE, FIND_NOTICE, type NoticeRow } from './notice.sql.js';

const MAX_ATTEMPTS = 5;
/** Milliseconds. */
const LONGEST_DELAY = 60_000;

/** Delivers notices. They have a queue of their own, so that they never delay a code. */
@Injectable()
export class NoticeWork implements WorkProcessor {
  readonly kind = 'notice';
  readonly concurrency = 5;
  private readonly logger = new Logger('NoticeDelivery');

  constructor(
    private readonly database: Database,
    private readonly delivery: OtpDeliveryService,
  ) {}

  /** Makes one attempt. A notice that was delivered before, by a run that was lost, is sent again under the same id. */
  async run({ lease: { item } }: WorkContext): Promise<WorkResult> {
    const { subjectId, attempts, requestId } = item;
    const facts = { noticeId: subjectId, attempt: attempts, requestId };
    const [notice] = await this.database.query(FIND_NOTICE, [subjectId]);
    if (!notice) return DONE;
    try {
      await this.delivery.deliver(toMessage(subjectId, notice));
      this.logger.log({ ...facts, notice: notice.type }, 'a notice was delivered');
    } catch (error) {
      const reason = (error as Error).message;
      if (!isFinal(item, error)) {
        this.logger.warn({ ...facts, reason }, 'a notice was not delivered and is tried again');
        return this.afterError(item, error);
      }
      this.logger.error({ ...facts, reason }, 'a notice could not be delivered');
    }
    await this.database.query(DELETE_NOTICE, [subjectId]);
    return DONE;
  }

  afterError({ attempts }: WorkItem, error: unknown): WorkResult {
    return failedAttempt(error, exponentialDelay(attempts, LONGEST_DELAY));
  }
}

function toMessage(id: string, { type, kind, address }: NoticeRow): NoticeMessage {
  return {
    id,
    notice: type as NoticeMessage['notice'],
    kind: kind as NoticeMessage['kind'],
    address,
  };
}

function isFinal({ attempts }: WorkItem, error: unknown): boolean {
  return attempts + 1 >= MAX_ATTEMPTS || (error instanceof DeliveryError && error.permanent);
}
