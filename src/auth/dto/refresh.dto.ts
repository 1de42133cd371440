import { IsString, MaxLength } from 'class-validator';

export class RefreshDto {
  /**
   * The last one you were given.
   * @example "r1.2mBqkq0m3X0zq8Gv4Q7n1u5c9t6w"
   */
  @IsString()
  @MaxLength(1_000)
  refreshToken!: string;
}
