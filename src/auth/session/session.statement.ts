import type { Statement } from '../../infra/prisma/database.js';

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

/** Exchanges the refresh token: of parallel requests with one token exactly one finds it current. */
export const ROTATE: Statement = {
  name: 'session_rotate',
  text: `
    UPDATE session SET previous_hash = refresh_hash, refresh_hash = $3, rotated_at = now(), last_used_at = now(),
           ip = $4, user_agent = $5, expires_at = now() + make_interval(secs => $6)
    WHERE id = $1 AND refresh_hash = $2 AND revoked_at IS NULL AND expires_at > now()
    RETURNING user_id AS "userId"`,
};

/** @param $2 seconds that the token before the last rotation works on */
export const READ_ROTATION: Statement = {
  name: 'session_read_rotation',
  text: `
    SELECT user_id AS "userId", refresh_hash AS "refreshHash", previous_hash AS "previousHash",
           coalesce(rotated_at > now() - make_interval(secs => $2), false) AS "inGrace"
    FROM session WHERE id = $1 AND revoked_at IS NULL AND expires_at > now()`,
};

export interface RotationRow {
  userId: string;
  refreshHash: string;
  previousHash: string | null;
  inGrace: boolean;
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
