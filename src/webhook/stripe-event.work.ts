import { z } from 'zod';
import { defineJob } from '../infra/work/define-work.js';
import { Doorbell } from '../infra/work/work-queue.js';
import { Injectable, Logger } from '@nestjs/common';
import { failpoint } from '../common/failpoint.js';
import { Database } from '../infra/postgres/database.js';
import { within } from '../infra/stripe/deadline.js';
import type { Rescue } from '../infra/work/recovery.js';
import { SyncService } from '../subscription/sync.service.js';
import { CLAIM, type ClaimedEvent, FIND_DUE, FINISH, POSTPONE } from './stripe-event.sql.js';

/** One attempt at acting on a stored event. */
export const stripeEventJob = defineJob({
  queue: 'stripe-event',
  name: 'stripe-event',
  payload: z.object({ eventId: z.string(), attempt: z.number().int().min(0) }),
});

/** Rings for an attempt at acting on an event. @param attempt how many there were before */
export function ringForEvent(doorbell: Doorbell, eventId: string, attempt: number): Promise<boolean> {
  return doorbell.ring(stripeEventJob, { eventId, attempt }, { jobId: `${eventId}-${attempt}` });
}

/** Milliseconds; less than a claim lasts. */
const SYNC_BUDGET = 25_000;

/** Acts on stored events. */
@Injectable()
export class StripeEventWork implements Rescue {
  readonly name = 'stripe-event';
  private readonly logger = new Logger(StripeEventWork.name);

  constructor(
    private readonly database: Database,
    private readonly doorbell: Doorbell,
    private readonly syncs: SyncService,
  ) {}

  /**
   * Makes attempt number `attempt` (from 0) at an event: syncs its customer. An event that is finished, and an attempt
   * that was made already, are left alone; an event whose sync fails becomes due again.
   */
  async process(eventId: string, attempt: number): Promise<void> {
    const [event] = await this.database.query<ClaimedEvent>(CLAIM, [eventId, attempt]);
    if (!event) return;
    failpoint('event.claimed');
    const { type, attempts, requestId } = event;
    try {
      const truth = await within(SYNC_BUDGET, () => this.syncs.sync(event.customerId));
      await this.database.query(FINISH, [eventId]);
      this.logger.log({ eventId, type, requestId, ours: truth !== null }, 'a Stripe event is done');
    } catch (error) {
      this.logger.warn({ err: error, eventId, type, attempts, requestId }, 'a Stripe event is tried again');
      await this.database.query(POSTPONE, [eventId, (error as Error).message]);
    }
  }

  /** Rings for events that are due and were not acted on: their job is lost, failed or was never queued. */
  async rescue(): Promise<number> {
    const due = await this.database.query<{ id: string; attempts: number }>(FIND_DUE, []);
    const rung = await Promise.all(due.map(({ id, attempts }) => ringForEvent(this.doorbell, id, attempts)));
    return rung.filter(Boolean).length;
  }
}
