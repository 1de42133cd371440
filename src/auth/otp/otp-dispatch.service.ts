import { Injectable, Logger } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { DeliveryError } from '../../infra/otp-delivery/otp-delivery.js';
import { OtpDeliveryService } from '../../infra/otp-delivery/otp-delivery.service.js';
import { Database } from '../../infra/prisma/database.js';
import { Doorbell } from '../../infra/queue/doorbell.js';
import type { Rescue } from '../../infra/queue/relay.js';
import { OneTimeCodes } from './one-time-code.js';
import { ringForDelivery } from './otp-delivery.job.js';
import {
  CLAIM_DELIVERY,
  FIND_UNDELIVERED,
  FORGET_CODE,
  POSTPONE_DELIVERY,
  type ClaimedDelivery,
} from './otp-dispatch.statement.js';

const MAX_ATTEMPTS = 5;

/** Delivers codes, off the request. */
@Injectable()
export class OtpDispatchService implements Rescue {
  readonly name = 'otp-delivery';
  private readonly logger = new Logger('OtpDelivery');

  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly doorbell: Doorbell,
    private readonly codes: OneTimeCodes,
    private readonly delivery: OtpDeliveryService,
  ) {}

  /** Makes attempt number `attempt` (from 0) at delivering a code; one that was made already is left alone. */
  async dispatch(codeId: string, attempt: number): Promise<void> {
    const [claimed] = await this.database.query<ClaimedDelivery>(CLAIM_DELIVERY, [codeId, attempt]);
    if (!claimed) return;
    const { requestId, purpose } = claimed;
    try {
      if (claimed.userId !== null && !claimed.expired) {
        await this.deliver(codeId, claimed);
        this.logger.log({ codeId, purpose, attempt, requestId }, 'a code was delivered');
      }
    } catch (error) {
      return this.fail(codeId, attempt, error as Error, requestId);
    }
    await this.database.query(FORGET_CODE, [codeId]);
  }

  /** Rings for codes whose job is lost, failed or was never queued. */
  async rescue(): Promise<number> {
    const due = await this.database.query<{ id: string; attempts: number }>(FIND_UNDELIVERED, []);
    await Promise.all(due.map(({ id, attempts }) => ringForDelivery(this.doorbell, id, attempts)));
    return due.length;
  }

  private async deliver(codeId: string, { sealedCode, purpose }: ClaimedDelivery): Promise<void> {
    const message = this.codes.unseal(codeId, sealedCode);
    const validFor = this.settings.OTP_EXPIRATION_MINUTES;
    await this.delivery.deliver({ ...message, id: codeId, purpose, validFor });
  }

  private async fail(codeId: string, attempt: number, error: Error, requestId: string | null): Promise<void> {
    const final = attempt + 1 >= MAX_ATTEMPTS || (error instanceof DeliveryError && error.permanent);
    const facts = { codeId, attempt, requestId, reason: error.message };
    if (final) {
      this.logger.error(facts, 'a code could not be delivered');
      await this.database.query(FORGET_CODE, [codeId]);
    } else {
      this.logger.warn(facts, 'a code was not delivered and is tried again');
      await this.database.query(POSTPONE_DELIVERY, [codeId, 2 ** attempt]);
    }
  }
}
