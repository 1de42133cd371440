import { Controller, Get, Header, Req } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ApiProblems } from '../../common/http/openapi.js';
import { Origin, type RequestOrigin } from '../../common/http/request-context.js';
import { Public } from '../../common/auth-context.js';
import { Exposition } from './exposition.js';

@ApiTags('operations')
@Public()
@Controller('metrics')
export class MetricsController {
  constructor(private readonly exposition: Exposition) {}

  /** What the process counts, in Prometheus' text format. Wants `METRICS_TOKEN` as a Bearer token where one is set. */
  @Get()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiSecurity('metrics')
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string', example: 'replies_total{status="completed"} 42' } })
  @ApiProblems('auth.unauthenticated', 'route.not_found')
  read(@Req() { headers }: FastifyRequest, @Origin() origin: RequestOrigin): Promise<string> {
    return this.exposition.read(headers.authorization, origin);
  }
}
