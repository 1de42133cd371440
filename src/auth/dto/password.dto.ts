import { IsOptional, IsString, MaxLength } from 'class-validator';
import { MaxCodePoints } from '../../common/http/max-code-points.decorator.js';
import { MAX_PASSWORD, MIN_PASSWORD } from '../password/password-rules.js';
import { IdentityDto } from './identity.dto.js';

export class ResetPasswordDto extends IdentityDto {
  /**
   * The code that `forgot-password` sent.
   * @example "123456"
   */
  @IsString()
  @MaxLength(32)
  otp!: string;

  /**
   * 8 to 128 characters, none of the common ones.
   * @example "correct horse battery staple"
   */
  @MaxCodePoints(MAX_PASSWORD, { min: MIN_PASSWORD })
  newPassword!: string;
}

export class ChangePasswordDto {
  /**
   * 8 to 128 characters, none of the common ones.
   * @example "correct horse battery staple"
   */
  @MaxCodePoints(MAX_PASSWORD, { min: MIN_PASSWORD })
  newPassword!: string;

  /** Needed if the account has a password. */
  @IsOptional()
  @MaxCodePoints(MAX_PASSWORD)
  currentPassword?: string;
}
