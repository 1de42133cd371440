import { Global, Module } from '@nestjs/common';
import { Exposition } from './exposition.js';
import { Gauges } from './gauges.js';
import { Metrics } from './metrics.js';

/** Counting, for both processes. */
@Global()
@Module({ providers: [Metrics, Gauges, Exposition], exports: [Metrics, Exposition] })
export class MetricsModule {}
