import { IsString, MaxLength } from 'class-validator';
import type { Session } from '../../generated/prisma/client.js';
import { UserDto } from '../account/account.dto.js';

/** A signed-in device. */
export class SessionDto {
  /** UUIDv7 */
  id!: string;
  /** ISO 8601, UTC */
  createdAt!: string;
  /** ISO 8601, UTC; accurate to about a minute. */
  lastUsedAt!: string;
  /** @example "203.0.113.7" */
  ip!: string | null;
  userAgent!: string | null;
  /** Whether it is the session of this request. */
  current!: boolean;
}

export class SessionListDto {
  data!: SessionDto[];
  /** For the next page; null on the last one. */
  nextCursor!: string | null;
}

/** The columns that a `SessionDto` is made of. */
export type SessionRow = Pick<Session, 'id' | 'createdAt' | 'lastUsedAt' | 'ip' | 'userAgent'>;

/** Maps a session to what its owner is shown. @param currentId the session of the request */
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
  /** Is exchanged for the next pair of tokens, once. Opaque. */
  refreshToken!: string;
  user!: UserDto;
}

export class RefreshDto {
  /**
   * The refresh token that was received last.
   * @example "r1.2mBqkq0m3X0zq8Gv4Q7n1u5c9t6w"
   */
  @IsString()
  @MaxLength(1_000)
  refreshToken!: string;
}
