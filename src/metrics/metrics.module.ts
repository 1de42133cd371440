import { Module } from '@nestjs/common';
import { MeasuringModule } from '../infra/metrics/measuring.module.js';
import { HttpMetrics } from './http-metrics.js';
import { MetricsController } from './metrics.controller.js';

/** What the API counts, for Prometheus. */
@Module({ imports: [MeasuringModule], controllers: [MetricsController], providers: [HttpMetrics] })
export class MetricsModule {}
