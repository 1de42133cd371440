import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/http/openapi.js';
import { Public, Uncounted } from '../common/auth-context.js';
import { LivenessDto, ReadinessDto } from './readiness.dto.js';
import { ReadinessService } from './readiness.service.js';

@ApiTags('operations')
@Public()
@Uncounted()
@Controller()
export class HealthController {
  constructor(private readonly readiness: ReadinessService) {}

  /** Whether the process is alive. Checks no dependency: a dead database is no reason to restart the process. */
  @Get('healthz')
  @ApiProblems()
  healthz(): LivenessDto {
    return { status: 'ok' };
  }

  /** Whether the process can serve: each dependency with its state. Redis out of reach is `degraded`, still 200. */
  @Get('readyz')
  @ApiProblems('service.unavailable')
  readyz(): Promise<ReadinessDto> {
    return this.readiness.check();
  }
}
