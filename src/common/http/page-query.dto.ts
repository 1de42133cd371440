import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { FromDigits } from './from-digits.decorator.js';

/** How much of a list. */
export class LimitQuery {
  /**
   * Items a page.
   * @example 20
   */
  @ApiPropertyOptional()
  @FromDigits()
  @IsInt()
  @Min(1)
  @Max(100)
  limit: number = 20;
}

/** Which page of a list. */
export class PageQuery extends LimitQuery {
  /** The `nextCursor` of the page before; without it the first page. */
  @IsOptional()
  @IsString()
  cursor?: string;
}
