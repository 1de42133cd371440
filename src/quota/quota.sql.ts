import type { Statement } from '../infra/postgres/database.js';
import { sweepOf } from '../infra/postgres/retention.js';

export const READ_USED: Statement = {
  name: 'quota_used',
  text: 'SELECT used FROM quota_usage WHERE user_id = $1 AND day = $2::date',
};

/** Locks the day's row, which it makes if there is none: a first prompt is to wait for it too. */
export const LOCK_DAY: Statement = {
  name: 'quota_hold_day',
  text: `
    INSERT INTO quota_usage AS q (user_id, day, used) VALUES ($1, $2::date, 0)
    ON CONFLICT (user_id, day) DO UPDATE SET used = q.used`,
};

/** Locks the day's row, so that no prompt is charged between this and the end of the account. */
export const CARRY_OVER: Statement = {
  name: 'quota_carry_over',
  text: `
    INSERT INTO quota_carry_over AS c (identity_hash, day, used)
    SELECT hash, q.day, q.used FROM (
      SELECT day, used FROM quota_usage WHERE user_id = $1 AND day = $2::date AND used > 0 FOR UPDATE
    ) q, unnest($3::text[]) AS hash
    ON CONFLICT (identity_hash, day) DO UPDATE SET used = greatest(c.used, excluded.used)`,
};

export const RESTORE_CARRIED: Statement = {
  name: 'quota_restore_carried',
  text: `
    INSERT INTO quota_usage AS q (user_id, day, used)
    SELECT $1, $2::date, max(used) FROM quota_carry_over
    WHERE identity_hash = ANY ($3::text[]) AND day = $2::date HAVING max(used) > 0
    ON CONFLICT (user_id, day) DO UPDATE SET used = greatest(q.used, excluded.used)`,
};

/** Replies that old are no longer refunded. */
export const OLD_USAGE = sweepOf('quota_usage', "day < (now() AT TIME ZONE 'UTC')::date - 30");

export const OLD_CARRY_OVER = sweepOf('quota_carry_over', "day < (now() AT TIME ZONE 'UTC')::date");
