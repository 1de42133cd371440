import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../common/errors/app-error.js';
import { Settings } from '../config/settings.js';
import { WebhookInboxService } from './webhook-inbox.service.js';
import { verifyEvent } from './signature.js';

/** The event is stored. */
export class ReceivedDto {
  received!: true;
}

/** Takes events from Stripe. */
@Injectable()
export class WebhookService {
  constructor(
    private readonly ledger: WebhookInboxService,
    private readonly settings: Settings,
  ) {}

  /**
   * Checks and stores an event; what it means is worked out later.
   * @throws AppError `webhook.signature_invalid`; `service.unavailable` when it cannot be stored, so that Stripe sends it again
   */
  async receive({ rawBody, headers, id }: FastifyRequest): Promise<ReceivedDto> {
    const event = verifyEvent(rawBody, headers['stripe-signature'], this.settings.STRIPE_WEBHOOK_SECRET);
    if (!event) throw new AppError('webhook.signature_invalid');
    await this.ledger.record(event, String(id)).catch(refuse);
    return { received: true };
  }
}

/** Whatever the reason, what is not stored is to come again. */
function refuse(error: unknown): never {
  throw error instanceof AppError
    ? error
    : new AppError('service.unavailable', { cause: error, retryAfter: 5 });
}
