import { AUTH_RETENTION } from '../auth/auth.retention.js';
import { EXPIRED_KEYS } from '../infra/idempotency/idempotency.sql.js';
import type { RetentionRule } from '../infra/postgres/retention.js';
import { EXPIRED_LEASES } from '../infra/work/work.sql.js';
import { OLD_CARRY_OVER, OLD_USAGE } from '../quota/quota.sql.js';
import { OLD_EVENTS } from '../webhook/stripe-event.sql.js';

/** Everything that is deleted because of its age. */
export const RETENTION_RULES: readonly RetentionRule[] = [
  ...AUTH_RETENTION,
  OLD_CARRY_OVER,
  OLD_USAGE,
  EXPIRED_KEYS,
  OLD_EVENTS,
  EXPIRED_LEASES,
];
