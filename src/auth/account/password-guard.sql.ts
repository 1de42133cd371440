import type { RetentionRule } from '../../infra/postgres/retention.js';
import type { Statement } from '../../infra/postgres/database.js';

/**
 * Counts an attempt at a password before the password is compared, so that of parallel attempts no more are evaluated than the
 * limit allows. A right password deletes the count. From the tenth failure within an hour of the one before on, the next attempt
 * is allowed after a pause: a minute, then twice as long each time, at most half an hour. During the pause the first look at it
 * needs no lock, so that a flood of guesses is cheap.
 * Locks: password guard.
 * $1 subject of the count: key of an identity, a session or an account.
 */
export const COUNT_ATTEMPT: Statement<AttemptRow, [subject: string]> = {
  name: 'password_count_attempt',
  text: `
    WITH attempt AS (
      INSERT INTO password_guard AS g (subject, failures, resets_at)
      SELECT $1, 1, now() + interval '1 hour'
      WHERE NOT EXISTS (SELECT FROM password_guard WHERE subject = $1 AND next_at > now())
      ON CONFLICT (subject) DO UPDATE SET
        failures = CASE WHEN g.resets_at <= now() THEN 1 ELSE g.failures + 1 END,
        resets_at = excluded.resets_at,
        next_at = CASE WHEN g.resets_at > now() AND g.failures + 1 >= 10
          THEN now() + least(interval '30 minutes', interval '1 minute' * 2 ^ least(g.failures + 1 - 10, 10)) END
        WHERE g.next_at IS NULL OR g.next_at <= now()
      RETURNING subject
    )
    SELECT EXISTS (SELECT FROM attempt) AS allowed,
           (SELECT ceil(extract(epoch FROM next_at - now()))::int FROM password_guard WHERE subject = $1) AS "retryAfter"`,
};

export interface AttemptRow {
  /** False: the pause is not over, and the attempt is not counted. */
  allowed: boolean;
  /** Seconds until the pause is over, as it was before this attempt. */
  retryAfter: number | null;
}

/**
 * Forgets the failures of subjects, after a right password.
 * Locks: password guard.
 * $1 subjects (text[]).
 */
export const FORGET_FAILURES: Statement<never, [subjects: string[]]> = {
  name: 'password_forget_failures',
  text: 'DELETE FROM password_guard WHERE subject = ANY($1::text[])',
};

/** Counts of failures that no longer limit anything. */
export const OLD_FAILURES: RetentionRule = {
  table: 'password_guard',
  condition: "resets_at < now() AND coalesce(next_at, '-infinity') < now()",
};
