import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

/** The counters of this process. A caller reports an event; the metric is defined here. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  private readonly replies = new Counter({
    name: 'replies_total',
    help: 'Replies that reached a final state in this process.',
    labelNames: ['status'],
    registers: [this.registry],
  });
  private readonly gemini = new Histogram({
    name: 'gemini_call_duration_seconds',
    help: 'Calls of Gemini, from asking to the last chunk.',
    labelNames: ['model', 'outcome'],
    buckets: [0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Counts a stored reply. @param status `completed`, `incomplete`, `failed` or `cancelled` */
  replyEnded(status: string): void {
    this.replies.inc({ status });
  }

  /** Counts a call of Gemini that ended. @param outcome `ok`, or the kind of its error */
  geminiCalled(model: string, outcome: string, seconds: number): void {
    this.gemini.observe({ model, outcome }, seconds);
  }
}
