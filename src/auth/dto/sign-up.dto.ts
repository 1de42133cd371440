import { IsOptional } from 'class-validator';
import { MaxCodePoints } from '../../common/http/max-code-points.decorator.js';
import { MAX_PASSWORD, MIN_PASSWORD } from '../password/password-rules.js';
import { IdentityDto } from './identity.dto.js';

/** A mobile number or an email address, or both. An email address alone needs a password. */
export class SignUpDto extends IdentityDto {
  /**
   * 8 to 128 characters, none of the common ones. It starts to work when `verify-otp` repeats it.
   * @example "correct horse battery staple"
   */
  @IsOptional()
  @MaxCodePoints(MAX_PASSWORD, { min: MIN_PASSWORD })
  password?: string;

  /**
   * At most 100 characters.
   * @example "Ada Lovelace"
   */
  @IsOptional()
  @MaxCodePoints(100)
  name?: string;
}
