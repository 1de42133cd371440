import type { WireObject } from './object.js';

/** The version of Stripe's API whose field names and places the sandbox has. */
export const apiVersion = '2026-10-28.endive';

/** The API request that caused an event, as the event names it. */
export interface Cause {
  id: string | null;
  idempotency_key: string | null;
}

export interface StripeEvent extends WireObject {
  object: 'event';
  api_version: string;
  data: { object: unknown; previous_attributes?: Record<string, unknown> };
  pending_webhooks: number;
  request: Cause;
  type: string;
}
