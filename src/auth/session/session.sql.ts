import type { Statement } from '../../infra/postgres/database.js';

/** One primary-key statement a request: is the session alive, and what the request needs of its person anyway. */
export const FIND_PRINCIPAL: Statement = {
  name: 'session_principal',
  text: `
    SELECT s.id AS "sessionId", s.user_id AS "userId", u.room_list_version AS "roomListVersion",
           p.status AS "subscriptionStatus", p.current_period_start AS "currentPeriodStart",
           s.last_used_at < now() - interval '1 minute' AS used
    FROM session s
    JOIN app_user u ON u.id = s.user_id
    LEFT JOIN subscription p ON p.user_id = s.user_id
    WHERE s.id = $1 AND s.user_id = $2 AND s.revoked_at IS NULL AND s.expires_at > now()`,
};

export interface PrincipalRow {
  sessionId: string;
  userId: string;
  roomListVersion: number;
  subscriptionStatus: string | null;
  currentPeriodStart: Date | null;
  /** The last use that was noted is a while ago. */
  used: boolean;
}

export const TOUCH_SESSION: Statement = {
  name: 'session_touch',
  text: `UPDATE session SET last_used_at = now() WHERE id = $1 AND last_used_at < now() - interval '1 minute'`,
};

export const INSERT_SESSION: Statement = {
  name: 'session_insert',
  text: `
    INSERT INTO session (id, user_id, refresh_hash, ip, user_agent, expires_at)
    VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))`,
};

/**
 * Exchanges the refresh token: of parallel requests with one token exactly one finds it current.
 * @param $7 seconds that an exchanged token works on
 */
export const ROTATE: Statement = {
  name: 'session_rotate',
  text: `
    UPDATE session SET refresh_hash = $3, last_used_at = now(), ip = $4, user_agent = $5,
           expires_at = now() + make_interval(secs => $6),
           spent = jsonb_build_object(refresh_hash, extract(epoch FROM now())) || coalesce(
             (SELECT jsonb_object_agg(hash, at) FROM jsonb_each(spent) AS s(hash, at)
              WHERE at::float8 > extract(epoch FROM now()) - $7), '{}')
    WHERE id = $1 AND refresh_hash = $2 AND revoked_at IS NULL AND expires_at > now()
    RETURNING user_id AS "userId"`,
};

/** @param $3 seconds that an exchanged token works on */
export const READ_ROTATION: Statement = {
  name: 'session_read_rotation',
  text: `
    SELECT user_id AS "userId", (spent ->> $2)::float8 > extract(epoch FROM now()) - $3 AS "inGrace",
           ARRAY(SELECT refresh_hash UNION ALL SELECT jsonb_object_keys(spent)) AS successors
    FROM session WHERE id = $1 AND revoked_at IS NULL AND expires_at > now()`,
};

export interface RotationRow {
  userId: string;
  /** Null for a token whose exchange is not known, or no longer. */
  inGrace: boolean | null;
  /** Hashes, that of the asked token's successor among them while it has its grace. */
  successors: string[];
}

export const REVOKE_SESSION: Statement = {
  name: 'session_revoke',
  text: `
    UPDATE session SET revoked_at = now()
    WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > now() RETURNING id`,
};

/** All sessions of a person, but `$2`. */
export const REVOKE_SESSIONS: Statement = {
  name: 'session_revoke_all',
  text: `
    UPDATE session SET revoked_at = now()
    WHERE user_id = $1 AND id IS DISTINCT FROM $2 AND revoked_at IS NULL RETURNING id`,
};

export const LIST_SESSIONS: Statement = {
  name: 'session_list',
  text: `
    SELECT id, created_at AS "createdAt", last_used_at AS "lastUsedAt", ip, user_agent AS "userAgent"
    FROM session WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now()
    ORDER BY last_used_at DESC, id DESC`,
};

export interface SessionRow {
  id: string;
  createdAt: Date;
  lastUsedAt: Date;
  ip: string | null;
  userAgent: string | null;
}
