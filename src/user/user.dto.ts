import { Equals, IsOptional } from 'class-validator';
import { MaxCodePoints } from '../common/http/max-code-points.decorator.js';

const CONFIRMATION = 'delete my account';

/** What is not named stays as it is. */
export class UpdateUserDto {
  /**
   * At most 100 characters; null for none.
   * @example "Ada Lovelace"
   */
  @IsOptional()
  @MaxCodePoints(100)
  name?: string | null;
}

export class DeleteUserDto {
  /**
   * These words, so that nobody does it by accident.
   * @example "delete my account"
   */
  @Equals(CONFIRMATION, { message: `$property must be "${CONFIRMATION}"` })
  confirm!: string;
}
