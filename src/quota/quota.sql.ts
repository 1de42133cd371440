import type { Statement } from '../infra/postgres/database.js';
import type { RetentionRule } from '../infra/postgres/retention.js';

/** Refunds a day where the plan has no limit. */
const REFUNDS_WITHOUT_LIMIT = 50;

/**
 * Units a day where the plan has no limit: far more than a person types, and what bounds the messages that one account can
 * have stored and the calls to Gemini that it can cause.
 */
export const UNITS_WITHOUT_LIMIT = 10_000;

/** SQL expressions (parameters, columns) that a charge of one unit is composed of. */
export interface ChargeParts {
  /** The account's id, for example `$2`. */
  user: string;
  /** Units a UTC day as an `int`, null for a plan without a limit, for example `$3::int`. */
  limit: string;
  /** The CTE that must have a row for a unit to be taken: the one that locked the account. */
  from: string;
}

/**
 * The body of a CTE that takes one unit of today's quota: one row (`day date`, `used int` after the charge), or none when
 * `from` has none or the limit is reached. The day may then have as many refunds as the limit. It locks the day's row, so
 * the account must be locked by then.
 */
export function chargeUnit({ user, limit, from }: ChargeParts): string {
  return `
      INSERT INTO quota_usage AS q (user_id, day, used, refund_limit)
      SELECT ${user}, (now() AT TIME ZONE 'UTC')::date, 1, coalesce(${limit}, ${REFUNDS_WITHOUT_LIMIT})
      FROM ${from} WHERE ${limit} IS NULL OR ${limit} > 0
      ON CONFLICT (user_id, day) DO UPDATE SET used = q.used + 1, refund_limit = excluded.refund_limit
        WHERE q.used < coalesce(${limit}, ${UNITS_WITHOUT_LIMIT})
      RETURNING day, used`;
}

/** SQL expressions (parameters, columns of `from`) that a refund of one unit is composed of. */
export interface RefundParts {
  /** The account's id. */
  user: string;
  /** The UTC day that was charged, as a `date`. */
  day: string;
  /** What has the row of the charge that is undone: a CTE or a join, of one row for each account and day. */
  from: string;
  /** Whether the unit is given back, for example `$15`. */
  when: string;
}

/**
 * The body of a CTE that gives one unit back to the day it was charged to, while that day may have more refunds; a day never
 * goes below zero. It locks the day's row, so the account must be locked by then. It returns no rows: as a data-modifying CTE
 * it runs whether or not it is selected from.
 */
export function refundUnit({ user, day, from, when }: RefundParts): string {
  return `
      UPDATE quota_usage q SET used = q.used - 1, refunded = q.refunded + 1
      FROM ${from}
      WHERE ${when} AND q.user_id = ${user} AND q.day = ${day} AND q.used > 0 AND q.refunded < q.refund_limit`;
}

/**
 * Keeps what an account used and got back on a day under the keyed hashes of identities that it is about to lose, until the
 * day is over.
 * Locks: day, which the account must be locked before: then no charge can follow.
 * $1 account, $2 UTC day (date), $3 keyed hashes of the identities (text[]).
 */
export const CARRY_OVER_USAGE: Statement<never, [userId: string, day: string, hashes: string[]]> = {
  name: 'quota_carry_over',
  text: `
    INSERT INTO quota_carry_over AS c (identity_hash, day, used, refunded)
    SELECT hash, q.day, q.used, q.refunded FROM (
      SELECT day, used, refunded FROM quota_usage
      WHERE user_id = $1 AND day = $2::date AND (used > 0 OR refunded > 0) FOR UPDATE
    ) q, unnest($3::text[]) AS hash
    ON CONFLICT (identity_hash, day) DO UPDATE
      SET used = greatest(c.used, excluded.used), refunded = greatest(c.refunded, excluded.refunded)`,
};

/**
 * Raises what an account used and got back on a day to what was kept for one of its identities. Running it twice changes
 * nothing more.
 * Locks: day, which the account must be locked before.
 * $1 account, $2 UTC day (date), $3 the hashes of the identity's keys under every server key (text[]).
 */
export const RESTORE_USAGE: Statement<never, [userId: string, day: string, hashes: string[]]> = {
  name: 'quota_restore_usage',
  text: `
    INSERT INTO quota_usage AS q (user_id, day, used, refunded)
    SELECT $1, $2::date, max(used), max(refunded) FROM quota_carry_over
    WHERE identity_hash = ANY ($3::text[]) AND day = $2::date HAVING count(*) > 0
    ON CONFLICT (user_id, day) DO UPDATE
      SET used = greatest(q.used, excluded.used), refunded = greatest(q.refunded, excluded.refunded)`,
};

/** Days of which no reply can be refunded any more. */
export const OLD_USAGE: RetentionRule = {
  table: 'quota_usage',
  condition: "day < (now() AT TIME ZONE 'UTC')::date - 30",
};

/** What was kept for identities on days that are over. */
export const OLD_CARRY_OVER: RetentionRule = {
  table: 'quota_carry_over',
  condition: "day < (now() AT TIME ZONE 'UTC')::date",
};
