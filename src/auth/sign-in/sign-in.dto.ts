import { IsOptional, IsString, IsUUID, MaxLength } from 'class-validator';
import { MaxCodePoints } from '../../common/http/max-code-points.decorator.js';
import { MAX_PASSWORD, MIN_PASSWORD } from '../account/password-rules.js';

/** Exactly one of the two fields. */
export class IdentityDto {
  /**
   * A phone number in any writing; without a country it is one of `DEFAULT_PHONE_REGION`.
   * @example "+919876543210"
   */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  mobile?: string;

  /** An email address, instead of a number; upper and lower case are the same, and a domain is one with its encoded form. */
  @IsOptional()
  @IsString()
  @MaxLength(254)
  email?: string;
}

/** An identity and the code that was sent to it. */
class CodeDto extends IdentityDto {
  /**
   * The code that was sent; digits of any script, spaces and hyphens are accepted.
   * @example "123456"
   */
  @IsString()
  @MaxLength(32)
  otp!: string;

  /**
   * The challenge of the code. Guesses that name it count against it alone; without it they count against the number or address,
   * so that other people's guesses may use them up.
   */
  @IsOptional()
  @IsUUID()
  challengeId?: string | null;
}

export class ConfirmIdentityDto extends CodeDto {}

/** A mobile number or an email address, or both. An email address alone needs a password. */
export class SignUpDto extends IdentityDto {
  /**
   * 8 to 128 characters; not a common one, nor your number, address or name. It becomes valid when `verify-otp` repeats it.
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

export class VerifyOtpDto extends CodeDto {
  /** The password given at sign-up, to confirm it; without this field it is discarded. */
  @IsOptional()
  @MaxCodePoints(MAX_PASSWORD)
  password?: string;
}

export class LoginDto extends IdentityDto {
  /** @example "correct horse battery staple" */
  @MaxCodePoints(MAX_PASSWORD)
  password!: string;

  /**
   * The last refresh token of a device that signed in to the account before, whether or not its session has ended: wrong
   * passwords that come from elsewhere do not keep it waiting.
   */
  @IsOptional()
  @IsString()
  @MaxLength(1_000)
  knownDevice?: string;
}

/** The password of the account, or a code that `send-otp` sent to one of its identities, with its challenge. */
export class ReauthenticateDto {
  /** @example "correct horse battery staple" */
  @IsOptional()
  @MaxCodePoints(MAX_PASSWORD)
  password?: string;

  /** @example "123456" */
  @IsOptional()
  @IsString()
  @MaxLength(32)
  otp?: string;

  @IsOptional()
  @IsUUID()
  challengeId?: string;
}

export class ResetPasswordDto extends CodeDto {
  /**
   * 8 to 128 characters; not a common one, nor your number, address or name.
   * @example "correct horse battery staple"
   */
  @MaxCodePoints(MAX_PASSWORD, { min: MIN_PASSWORD })
  newPassword!: string;
}

export class ChangePasswordDto {
  /**
   * 8 to 128 characters; not a common one, nor your number, address or name.
   * @example "correct horse battery staple"
   */
  @MaxCodePoints(MAX_PASSWORD, { min: MIN_PASSWORD })
  newPassword!: string;

  /** Needed if the account has a password. */
  @IsOptional()
  @MaxCodePoints(MAX_PASSWORD)
  currentPassword?: string;
}

/** A code was sent, if there is an account. */
export class SentCodeDto {
  /** Names the code when it is used. UUIDv7 */
  challengeId!: string;
  /** @example 300 */
  expiresInSeconds!: number;
  /** @example 30 */
  resendAfterSeconds!: number;
  /**
   * The code itself, only where codes are returned instead of being sent.
   * @example "123456"
   */
  otp?: string;
}
