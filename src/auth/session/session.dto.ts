import type { SessionRow } from './session.sql.js';
import { UserDto } from '../account/account.dto.js';
import { IsString, MaxLength } from 'class-validator';

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

/** A session's tokens. */
export class TokensDto {
  /** For `Authorization: Bearer`. */
  accessToken!: string;
  /** @example "Bearer" */
  tokenType!: 'Bearer';
  /** Seconds the access token lives. @example 3600 */
  expiresIn!: number;
  /** Gets the next pair, once. Opaque. */
  refreshToken!: string;
  user!: UserDto;
}

export class RefreshDto {
  /**
   * The last one you were given.
   * @example "r1.2mBqkq0m3X0zq8Gv4Q7n1u5c9t6w"
   */
  @IsString()
  @MaxLength(1_000)
  refreshToken!: string;
}
