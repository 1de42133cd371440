import { Global, Module } from '@nestjs/common';
import { QueueDepth } from '../work/work-queue.js';
import { Exposition } from './exposition.js';
import { Gauges } from './gauges.js';
import { Metrics } from './metrics.js';

/** Counting, for both processes. */
@Global()
@Module({ providers: [Metrics, QueueDepth, Gauges, Exposition], exports: [Metrics, Exposition] })
export class MetricsModule {}
