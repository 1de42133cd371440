import { UserDto } from './user.dto.js';

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
