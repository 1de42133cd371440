import { Injectable, Logger } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { DeliveryError } from '../../infra/otp-delivery/otp-delivery.js';
import { OtpDeliveryService } from '../../infra/otp-delivery/otp-delivery.service.js';
import { Database } from '../../infra/postgres/database.js';
import {
  exponentialDelay,
  failedAttempt,
  SETTLED,
  type WorkContext,
  type WorkItem,
  type WorkProcessor,
  type WorkResult,
} from '../../infra/work/define-work.js';
import { OneTimeCodes } from './one-time-code.js';
import { CLAIM_DELIVERY, FINISH_DELIVERY, type DeliveryItem } from './otp-delivery.sql.js';

const MAX_ATTEMPTS = 5;
/** Milliseconds. */
const LONGEST_DELAY = 60_000;

/** Delivers codes, off the request. */
@Injectable()
export class OtpDeliveryWork implements WorkProcessor<DeliveryItem> {
  readonly kind = 'code-delivery';
  readonly concurrency = 20;
  readonly claim = { statement: CLAIM_DELIVERY, values: [] };
  private readonly logger = new Logger('OtpDelivery');

  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly codes: OneTimeCodes,
    private readonly delivery: OtpDeliveryService,
  ) {}

  /** Makes one attempt. From the last one on only the code's hash is stored. */
  async run({ lease: { item } }: WorkContext<DeliveryItem>): Promise<WorkResult> {
    const { subjectId, purpose, attempts, requestId } = item;
    const facts = { codeId: subjectId, purpose, attempt: attempts, requestId };
    try {
      if (item.userId !== null && !item.expired && item.sealedCode !== null) {
        await this.deliver(item, item.sealedCode);
        this.logger.log(facts, 'a code was delivered');
      }
    } catch (error) {
      const reason = (error as Error).message;
      if (!isFinal(item, error)) {
        this.logger.warn({ ...facts, reason }, 'a code was not delivered and is tried again');
        return this.afterError(item, error);
      }
      this.logger.error({ ...facts, reason }, 'a code could not be delivered');
    }
    await this.database.query(FINISH_DELIVERY, [subjectId, item.claim]);
    return SETTLED;
  }

  afterError({ attempts }: WorkItem, error: unknown): WorkResult {
    return failedAttempt(error, exponentialDelay(attempts, LONGEST_DELAY));
  }

  private async deliver({ subjectId, purpose }: DeliveryItem, sealedCode: string): Promise<void> {
    const message = this.codes.unseal(subjectId, sealedCode);
    const validFor = this.settings.OTP_EXPIRATION_MINUTES;
    await this.delivery.deliver({ ...message, id: subjectId, purpose: purpose ?? '', validFor });
  }
}

function isFinal({ attempts }: WorkItem, error: unknown): boolean {
  return attempts + 1 >= MAX_ATTEMPTS || (error instanceof DeliveryError && error.permanent);
}
