import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';
import { FromDigits } from '../common/http/from-digits.decorator.js';
import { MAX_WAIT } from '../common/http/prefer.js';

export class WaitQuery {
  /**
   * Seconds to wait for the end of an unfinished reply.
   * @example 30
   */
  @ApiPropertyOptional()
  @FromDigits()
  @IsInt()
  @Min(0)
  @Max(MAX_WAIT)
  wait: number = 0;
}
