import { IsOptional, IsString, MaxLength } from 'class-validator';
import { MaxCodePoints } from '../../common/http/max-code-points.decorator.js';
import { MAX_PASSWORD } from '../password/password-rules.js';
import { IdentityDto } from './identity.dto.js';

export class VerifyOtpDto extends IdentityDto {
  /**
   * The code that was sent.
   * @example "123456"
   */
  @IsString()
  @MaxLength(32)
  otp!: string;

  /** Confirms the password given at sign-up; without it that one is discarded. */
  @IsOptional()
  @MaxCodePoints(MAX_PASSWORD)
  password?: string;
}
