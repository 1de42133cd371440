import { Injectable } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../common/errors/app-error.js';
import { failpoint } from '../common/failpoint.js';
import { Settings } from '../config/settings.js';
import { Database, type ValuesOf } from '../infra/postgres/database.js';
import { WorkQueue } from '../infra/work/work-queue.js';
import { subjectOf } from './handlers.js';
import { verifyEvent, type ReceivedEvent } from './signature.js';
import { RECORD_STRIPE_EVENT } from './stripe-event.sql.js';

/** The event is stored. */
export class ReceivedDto {
  @ApiProperty({ type: Boolean, example: true })
  received!: true;
}

/**
 * The webhook inbox: every event of Stripe once, stored before it is acknowledged. Only the event's id, its type and the id of
 * its customer or charge are stored. Everything else is fetched from Stripe when it is needed, so the inbox holds no personal data.
 */
@Injectable()
export class WebhookService {
  constructor(
    private readonly database: Database,
    private readonly queue: WorkQueue,
    private readonly settings: Settings,
  ) {}

  /**
   * Checks the signature of a delivery and stores its event; a worker acts on it later.
   * @throws AppError `webhook.signature_invalid`; `service.unavailable` when the event could not be stored, so that Stripe
   * delivers it again
   */
  async receive({ rawBody, headers, id }: FastifyRequest): Promise<ReceivedDto> {
    const event = verifyEvent(rawBody, headers['stripe-signature'], this.settings.STRIPE_WEBHOOK_SECRET);
    if (!event) throw new AppError('webhook.signature_invalid');
    await this.record(event, String(id)).catch(refuse);
    return { received: true };
  }

  /**
   * Stores an event and queues it for a worker. An event that is stored already is left as it is.
   * @param requestId the request that delivered the event, for the log; null for an event that no request delivered
   * @returns whether the event was new
   * @throws AppError `service.unavailable` when it cannot be stored
   */
  async record(event: ReceivedEvent, requestId: string | null): Promise<boolean> {
    const subject = subjectOf(event);
    const [customer, charge] = [subject?.customer ?? null, subject?.charge ?? null];
    const values: ValuesOf<typeof RECORD_STRIPE_EVENT> = [event.id, event.type, customer, requestId, charge];
    const rows = await this.database.query(RECORD_STRIPE_EVENT, values);
    const isNew = rows.length > 0;
    failpoint('event.stored');
    if (isNew && subject)
      void this.queue.add('stripe-event', [{ subjectId: event.id, claim: 0, priority: 1 }]);
    return isNew;
  }
}

/** Any failure becomes 503, because Stripe repeats a delivery only after an error. */
function refuse(error: unknown): never {
  throw error instanceof AppError
    ? error
    : new AppError('service.unavailable', { cause: error, retryAfter: 5 });
}
