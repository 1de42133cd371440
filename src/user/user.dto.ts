import { Equals, IsOptional } from 'class-validator';
import { MaxCodePoints } from '../common/http/max-code-points.decorator.js';

const CONFIRMATION = 'delete my account';

/** A field that is not given stays unchanged. */
export class UpdateUserDto {
  /**
   * At most 100 characters; null removes the name.
   * @example "Ada Lovelace"
   */
  @IsOptional()
  @MaxCodePoints(100)
  name?: string | null;
}

export class DeleteUserDto {
  /**
   * These words, so that no account is deleted by accident.
   * @example "delete my account"
   */
  @Equals(CONFIRMATION, { message: `$property must be "${CONFIRMATION}"` })
  confirm!: string;
}
