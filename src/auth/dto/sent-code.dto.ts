/** A code is on its way, if there is an account. */
export class SentCodeDto {
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
