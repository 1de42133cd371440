import { Module } from '@nestjs/common';
import { MetricsModule } from './metrics.module.js';
import { HttpMetrics } from './http-metrics.js';
import { MetricsController } from './metrics.controller.js';

/** What the API counts, for Prometheus. */
@Module({ imports: [MetricsModule], controllers: [MetricsController], providers: [HttpMetrics] })
export class MetricsApiModule {}
