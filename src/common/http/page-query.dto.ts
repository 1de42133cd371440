import { Transform } from 'class-transformer';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';

/** Reads a query's whole number: decimal digits and nothing else. What is none stays text, for the validators to refuse. */
export const FromDigits = () =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^[0-9]{1,9}$/.test(value) ? Number(value) : value,
  );

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
