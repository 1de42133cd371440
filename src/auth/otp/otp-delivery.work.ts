import { Database, type Statement } from '../../infra/postgres/database.js';
import { z } from 'zod';
import { defineJob } from '../../infra/work/define-work.js';
import { Doorbell } from '../../infra/work/work-queue.js';
import { Injectable, Logger } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { DeliveryError } from '../../infra/otp-delivery/otp-delivery.js';
import { OtpDeliveryService } from '../../infra/otp-delivery/otp-delivery.service.js';
import type { Rescue } from '../../infra/work/recovery.js';
import { OneTimeCodes } from './one-time-code.js';

/** Takes one attempt at delivering a code: each attempt is taken once, whoever rings how often. */
export const CLAIM_DELIVERY: Statement = {
  name: 'otp_claim_delivery',
  text: `
    UPDATE one_time_code SET delivery_attempts = delivery_attempts + 1, ring_at = now() + interval '30 seconds'
    WHERE id = $1 AND delivery_attempts = $2 AND sealed_code IS NOT NULL
    RETURNING user_id AS "userId", purpose, sealed_code AS "sealedCode", request_id AS "requestId",
              expires_at <= now() AS expired`,
};

export interface ClaimedDelivery {
  userId: string | null;
  purpose: string;
  sealedCode: string;
  requestId: string | null;
  expired: boolean;
}

/** Delivered, or given up: from now on there is only the hash. */
export const CLEAR_SEALED_CODE: Statement = {
  name: 'otp_forget_code',
  text: 'UPDATE one_time_code SET sealed_code = NULL WHERE id = $1',
};

/** To be tried again in `$2` seconds. */
export const POSTPONE_DELIVERY: Statement = {
  name: 'otp_postpone_delivery',
  text: 'UPDATE one_time_code SET ring_at = now() + make_interval(secs => $2) WHERE id = $1',
};

/** Codes that are due and that nobody delivers: the job is lost, was never queued, or its worker is gone. */
export const FIND_UNDELIVERED: Statement = {
  name: 'otp_find_undelivered',
  text: `
    UPDATE one_time_code SET ring_at = now() + interval '5 seconds'
    WHERE id IN (
      SELECT id FROM one_time_code WHERE sealed_code IS NOT NULL AND ring_at <= now()
      ORDER BY ring_at LIMIT 100 FOR UPDATE SKIP LOCKED
    ) RETURNING id, delivery_attempts AS attempts`,
};

/** Deliver one code. The row holds where to, and the code itself, sealed. */
export const otpDeliveryJob = defineJob({
  queue: 'otp-delivery',
  name: 'deliver-otp',
  payload: z.object({ codeId: z.uuid(), attempt: z.number().int().min(0) }),
});

/** Rings for an attempt at delivering a code. @param attempt how many there were before */
export function ringForDelivery(doorbell: Doorbell, codeId: string, attempt: number): Promise<boolean> {
  return doorbell.ring(otpDeliveryJob, { codeId, attempt }, { jobId: `${codeId}-${attempt}` });
}

const MAX_ATTEMPTS = 5;

/** Delivers codes, off the request. */
@Injectable()
export class OtpDeliveryWork implements Rescue {
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
    await this.database.query(CLEAR_SEALED_CODE, [codeId]);
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
      await this.database.query(CLEAR_SEALED_CODE, [codeId]);
    } else {
      this.logger.warn(facts, 'a code was not delivered and is tried again');
      await this.database.query(POSTPONE_DELIVERY, [codeId, 2 ** attempt]);
    }
  }
}
