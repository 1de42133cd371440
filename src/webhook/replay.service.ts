import { Injectable } from '@nestjs/common';
import { StripeEvents } from '../infra/stripe/stripe-events.js';
import { handledTypes } from './handlers.js';
import { WebhookInboxService } from './webhook-inbox.service.js';

const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A moment as an operator writes it: ISO 8601, or so long ago (`90m`, `12h`, `3d`). @throws Error saying what is wanted */
export function parseSince(text: string | undefined, now = new Date()): Date {
  const [, count, unit = ''] = /^(\d+)([mhd])$/.exec(text ?? '') ?? [];
  const moment = count ? new Date(now.getTime() - Number(count) * (UNITS[unit] ?? 0)) : new Date(text ?? '');
  if (Number.isNaN(moment.getTime()) || moment > now) {
    throw new Error('--since wants a moment of the past: 2026-11-20T08:00:00Z, or 90m, 12h, 3d ago');
  }
  return moment;
}

export interface Replayed {
  /** Events that Stripe lists. */
  read: number;
  /** Those of them that the ledger lacked; a worker acts on them as on any other. */
  added: number;
}

/** Fills the ledger with what Stripe lists and no delivery brought. */
@Injectable()
export class ReplayService {
  constructor(
    private readonly events: StripeEvents,
    private readonly ledger: WebhookInboxService,
  ) {}

  /** May be repeated. @throws AppError `stripe.unavailable`, `service.unavailable` */
  async replay(since: Date): Promise<Replayed> {
    const result = { read: 0, added: 0 };
    for await (const event of this.events.since(since, handledTypes)) {
      result.read++;
      if (await this.ledger.record(event, null)) result.added++;
    }
    return result;
  }
}
