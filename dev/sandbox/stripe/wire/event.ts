import type { WireObject } from './object.js';

/** The version of Stripe's API whose field names and places the sandbox has. */
export const apiVersion = '2026-10-28.endive';

/** One entry of the event log: `request` names the API request that caused it, if one did. */
export interface StripeEvent extends WireObject {
  object: 'event';
  api_version: string;
  data: { object: unknown; previous_attributes?: Record<string, unknown> };
  pending_webhooks: number;
  request: { id: string | null; idempotency_key: string | null };
  type: string;
}
