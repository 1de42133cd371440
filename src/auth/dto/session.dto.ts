import type { SessionRow } from '../session/session.statement.js';

/** A signed-in device. */
export class SessionDto {
  /** UUIDv7 */
  id!: string;
  /** ISO 8601, UTC */
  createdAt!: string;
  /** ISO 8601, UTC; to about a minute. */
  lastUsedAt!: string;
  /** @example "203.0.113.7" */
  ip!: string | null;
  userAgent!: string | null;
  /** Whether it is the one that asks. */
  current!: boolean;
}

export class SessionListDto {
  data!: SessionDto[];
}

export function toSessionDto(row: SessionRow, currentId: string): SessionDto {
  return {
    id: row.id,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt.toISOString(),
    ip: row.ip,
    userAgent: row.userAgent,
    current: row.id === currentId,
  };
}
