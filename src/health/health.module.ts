import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DependencyChecksModule } from '../common/dependency-checks.js';
import { Drain } from './drain.js';
import { HealthController } from './health.controller.js';
import { ReadinessService } from './readiness.service.js';

/** Liveness and readiness of the API. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false }), DependencyChecksModule],
  controllers: [HealthController],
  providers: [Drain, ReadinessService],
})
export class HealthModule {}
