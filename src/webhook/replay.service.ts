import { Injectable } from '@nestjs/common';
import { StripeEvents } from '../infra/stripe/stripe-events.js';
import { handledTypes } from './handlers.js';
import { WebhookService } from './webhook.service.js';

/** Milliseconds. */
const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads a moment as an operator writes it: ISO 8601, or a time ago (`90m`, `12h`, `3d`).
 * @throws Error that says which forms are accepted, also for a moment after `now`
 */
export function parseSince(text: string | undefined, now = new Date()): Date {
  const [, count, unit = ''] = /^(\d+)([mhd])$/.exec(text ?? '') ?? [];
  const moment = count ? new Date(now.getTime() - Number(count) * (UNITS[unit] ?? 0)) : new Date(text ?? '');
  if (Number.isNaN(moment.getTime()) || moment > now) {
    throw new Error('--since wants a moment of the past: 2026-11-20T08:00:00Z, or 90m, 12h, 3d ago');
  }
  return moment;
}

export interface ReplayResult {
  /** Events that Stripe lists. */
  read: number;
  /** Those of them that the inbox did not have; a worker processes them like any other. */
  added: number;
}

/** Adds events to the inbox that Stripe lists and that no delivery brought. */
@Injectable()
export class ReplayService {
  constructor(
    private readonly events: StripeEvents,
    private readonly inbox: WebhookService,
  ) {}

  /**
   * Reads Stripe's list of events and adds those that are missing. May be repeated.
   * @param since Stripe's list goes back 30 days
   * @throws AppError `stripe.unavailable`, `service.unavailable`
   */
  async replay(since: Date): Promise<ReplayResult> {
    const result = { read: 0, added: 0 };
    for await (const event of this.events.since(since, handledTypes)) {
      result.read++;
      if (await this.inbox.record(event, null)) result.added++;
    }
    return result;
  }
}
