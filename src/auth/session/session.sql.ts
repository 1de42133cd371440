import type { Session, Subscription, User } from '../../generated/prisma/client.js';
import type { Statement } from '../../infra/postgres/database.js';
import type { PortionStatement } from '../../infra/postgres/portions.js';

/**
 * The live session of an access token, with what the request needs of its account: the one statement of every signed-in request,
 * by primary keys only.
 * $1 session, $2 account.
 */
export const FIND_PRINCIPAL: Statement<PrincipalRow, [sessionId: string, userId: string]> = {
  name: 'session_find_principal',
  text: `
    SELECT s.id AS "sessionId", s.user_id AS "userId", u.room_list_version AS "roomListVersion",
           p.status AS "subscriptionStatus", p.current_period_start AS "currentPeriodStart", p.withheld,
           s.last_used_at < now() - interval '1 minute' AS "touchDue",
           coalesce(s.authenticated_at > now() - interval '10 minutes', false) AS recent
    FROM session s
    JOIN app_user u ON u.id = s.user_id
    LEFT JOIN subscription p ON p.user_id = s.user_id
    WHERE s.id = $1 AND s.user_id = $2 AND s.revoked_at IS NULL AND s.expires_at > now()`,
};

export interface PrincipalRow extends Pick<Session, 'userId'>, Pick<User, 'roomListVersion'> {
  sessionId: Session['id'];
  /** Null for an account that never had a subscription. */
  subscriptionStatus: Subscription['status'] | null;
  currentPeriodStart: Subscription['currentPeriodStart'] | null;
  withheld: Subscription['withheld'];
  /** The stored time of the last use is more than a minute old. */
  touchDue: boolean;
  /** The owner signed in or reauthenticated within the last ten minutes. */
  recent: boolean;
}

/**
 * Those of the sessions that are live: also their accounts are there.
 * $1 sessions (uuid[]).
 */
export const FIND_LIVE_SESSIONS: Statement<SessionIdRow, [sessionIds: string[]]> = {
  name: 'session_find_live',
  text: `
    SELECT s.id FROM session s JOIN app_user u ON u.id = s.user_id
    WHERE s.id = ANY($1::uuid[]) AND s.revoked_at IS NULL AND s.expires_at > now()`,
};

/** The id of a session that was found or revoked. */
export type SessionIdRow = Pick<Session, 'id'>;

/**
 * Stores that a session is in use, at most once a minute.
 * $1 session.
 */
export const TOUCH_SESSION: Statement<never, [sessionId: string]> = {
  name: 'session_touch',
  text: `UPDATE session SET last_used_at = now() WHERE id = $1 AND last_used_at < now() - interval '1 minute'`,
};

/**
 * Inserts a session. The caller has locked the account: no foreign key keeps it.
 * Locks: session.
 * $1 id, $2 account, $3 hash of the refresh token, $4 IP address (45 characters are kept, the longest there is), $5 user agent or
 * null, $6 seconds until it expires, $7 the longest that a session lives, in seconds.
 */
export const INSERT_SESSION: Statement<
  never,
  [
    id: string,
    userId: string,
    refreshHash: string,
    ip: string,
    userAgent: string | null,
    seconds: number,
    maxAge: number,
  ]
> = {
  name: 'session_insert',
  text: `
    INSERT INTO session (id, user_id, refresh_hash, ip, user_agent, expires_at)
    VALUES ($1, $2, $3, left($4, 45), $5, now() + make_interval(secs => least($6::int, $7::int)))`,
};

/**
 * Ends the oldest live sessions of an account beyond the most that it may have, and deletes as many of those that ended before.
 * Locks: session; the account must be locked before, so that parallel sign-ins count one another.
 * $1 account, $2 most live sessions, and most ended ones that are kept.
 */
export const LIMIT_SESSIONS: Statement<SessionIdRow, [userId: string, max: number]> = {
  name: 'session_limit',
  text: `
    WITH ranked AS (
      SELECT id, live, row_number() OVER (PARTITION BY live ORDER BY created_at DESC, id DESC) > $2::int AS beyond
      FROM (SELECT id, created_at, revoked_at IS NULL AND expires_at > now() AS live FROM session WHERE user_id = $1) s
    ), old AS (
      DELETE FROM session s USING ranked r WHERE s.id = r.id AND r.beyond AND NOT r.live
    )
    UPDATE session s SET revoked_at = now() FROM ranked r WHERE s.id = r.id AND r.beyond AND r.live RETURNING s.id`,
};

/**
 * Notes that the owner of a live session has proved who he is.
 * $1 session.
 */
export const REAUTHENTICATE_SESSION: Statement<never, [sessionId: string]> = {
  name: 'session_reauthenticate',
  text: 'UPDATE session SET authenticated_at = now() WHERE id = $1 AND revoked_at IS NULL',
};

/**
 * The session of an account, live or ended, whose last refresh token a device shows: its owner signed in there before.
 * $1 session that the token names, $2 account or null, $3 hash of the token.
 */
export const FIND_KNOWN_DEVICE: Statement<
  SessionIdRow,
  [sessionId: string, userId: string | null, hash: string]
> = {
  name: 'session_find_known_device',
  text: `
    SELECT id FROM session WHERE id = $1 AND user_id = $2::uuid AND (refresh_hash = $3::text OR spent ? $3::text)`,
};

/**
 * Replaces the refresh token of a live session by its successor: of parallel requests with one token exactly one finds it current.
 * Hashes of rotated tokens are kept until their grace is over.
 * $1 session, $2 hash of the token, $3 hash of its successor, $4 IP address, $5 user agent or null, $6 seconds until the session
 * expires, $7 seconds of grace for a rotated token, $8 the longest that a session lives, in seconds.
 */
export const ROTATE_REFRESH_TOKEN: Statement<
  RotatedRow,
  [
    id: string,
    hash: string,
    successorHash: string,
    ip: string,
    userAgent: string | null,
    seconds: number,
    grace: number,
    maxAge: number,
  ]
> = {
  name: 'session_rotate',
  text: `
    UPDATE session SET refresh_hash = $3, last_used_at = now(), ip = left($4, 45), user_agent = $5,
           expires_at = least(now() + make_interval(secs => $6), created_at + make_interval(secs => $8::int)),
           spent = jsonb_build_object(refresh_hash, extract(epoch FROM now())) || coalesce(
             (SELECT jsonb_object_agg(hash, at) FROM jsonb_each(spent) AS s(hash, at)
              WHERE at::float8 > extract(epoch FROM now()) - $7::float8), '{}')
    WHERE id = $1 AND refresh_hash = $2 AND revoked_at IS NULL AND expires_at > now()
      AND EXISTS (SELECT FROM app_user u WHERE u.id = session.user_id)
    RETURNING user_id AS "userId"`,
};

/** The account of the session whose token was rotated. */
export type RotatedRow = Pick<Session, 'userId'>;

/**
 * What is known of a refresh token that is not the current one of a live session; no row when the session is not live.
 * $1 session, $2 hash of the token, $3 seconds of grace for a rotated token.
 */
export const FIND_ROTATION: Statement<RotationRow, [id: string, hash: string, grace: number]> = {
  name: 'session_find_rotation',
  text: `
    SELECT user_id AS "userId", (spent ->> $2)::float8 > extract(epoch FROM now()) - $3::float8 AS "inGrace",
           ARRAY(SELECT refresh_hash UNION ALL SELECT jsonb_object_keys(spent)) AS successors
    FROM session WHERE id = $1 AND revoked_at IS NULL AND expires_at > now()`,
};

export interface RotationRow extends Pick<Session, 'userId'> {
  /** Null: the token's rotation is not stored, or no longer. */
  inGrace: boolean | null;
  /** Hashes of the current and the rotated tokens; that of the token's successor is among them during the grace. */
  successors: Session['refreshHash'][];
}

/**
 * Revokes the sessions of an account.
 * Locks: session.
 * $1 account, $2 a session that is kept, or null.
 */
export const REVOKE_SESSIONS: Statement<SessionIdRow, [userId: string, exceptId: string | null]> = {
  name: 'session_revoke_all',
  text: `
    UPDATE session SET revoked_at = now()
    WHERE user_id = $1 AND id IS DISTINCT FROM $2 AND revoked_at IS NULL RETURNING id`,
};

/** Deletes sessions of an account that is gone. $1 account, $2 how many at most. */
export const PURGE_SESSIONS: PortionStatement = {
  name: 'session_purge',
  text: `
    WITH purged AS (
      DELETE FROM session WHERE id IN (
        SELECT id FROM session WHERE user_id = $1 AND NOT EXISTS (SELECT FROM app_user WHERE id = $1) LIMIT $2
      )
      RETURNING 1
    )
    SELECT count(*)::int AS changed FROM purged`,
};
