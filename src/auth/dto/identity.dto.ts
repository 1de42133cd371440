import { IsOptional, IsString, MaxLength } from 'class-validator';

/** One of the two. */
export class IdentityDto {
  /**
   * A phone number; without a country it is one of `DEFAULT_PHONE_REGION`.
   * @example "+919876543210"
   */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  mobile?: string;

  /** An email address, instead of a number; upper and lower case are the same. */
  @IsOptional()
  @IsString()
  @MaxLength(254)
  email?: string;
}

export class ConfirmIdentityDto extends IdentityDto {
  /**
   * The code that was sent to the new identity.
   * @example "123456"
   */
  @IsString()
  @MaxLength(32)
  otp!: string;
}
