import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DependencyChecksModule } from '../common/dependency-checks.js';
import { MetricsModule } from '../infra/metrics/metrics.module.js';
import { Drain } from './drain.js';
import { ReadinessService } from './readiness.service.js';
import { WorkerHealthServer } from './worker-health.server.js';

/** Liveness, readiness and metrics of the worker, which serves nothing else. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false }), DependencyChecksModule, MetricsModule],
  providers: [Drain, ReadinessService, WorkerHealthServer],
})
export class WorkerHealthModule {}
