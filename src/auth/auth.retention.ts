import type { RetentionRule } from '../infra/postgres/retention.js';
import { OLD_FAILURES } from './account/password-guard.sql.js';

/** Expired codes and sessions, undelivered notices, sends and guesses that no limit counts any more, accounts never verified. */
export const AUTH_RETENTION: readonly RetentionRule[] = [
  OLD_FAILURES,
  { table: 'otp_challenge', condition: "expires_at < now() - interval '1 day'" },
  { table: 'otp_log', condition: "at < now() - interval '1 day'" },
  { table: 'otp_budget', condition: "hour < now() - interval '1 day'" },
  { table: 'one_time_code', condition: "expires_at < now() - interval '1 day'" },
  {
    table: 'code_guard',
    condition: `resets_at < now() - interval '1 hour' AND (failures = 0 OR resets_at < now() - interval '30 days')
      AND coalesce(last_sent_at, '-infinity') < now() - interval '1 day'`,
  },
  { table: 'notice', condition: "created_at < now() - interval '1 day'" },
  { table: 'session', condition: "expires_at < now() - interval '1 day'" },
  {
    table: 'app_user',
    condition: `verified_at IS NULL AND created_at < now() - interval '7 days'
      AND NOT EXISTS (SELECT FROM otp_challenge c WHERE c.user_id = app_user.id AND c.expires_at > now())`,
  },
];
