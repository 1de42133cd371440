import { Global, Module } from '@nestjs/common';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { Exposition } from './exposition.js';
import { Gauges } from './gauges.js';
import { Metrics } from './metrics.js';

/** Counting, for both processes. */
@Global()
@Module({
  imports: [RateLimitModule],
  providers: [Metrics, Gauges, Exposition],
  exports: [Metrics, Exposition],
})
export class MetricsModule {}
