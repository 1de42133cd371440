import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

/** What this process counts. A caller names what happened; how it is counted is decided here. */
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

  /** A reply was stored as `completed`, `incomplete`, `failed` or `cancelled`. */
  replyEnded(status: string): void {
    this.replies.inc({ status });
  }

  /** A call of Gemini is over: `ok`, or the kind of its failure. */
  geminiCalled(model: string, outcome: string, seconds: number): void {
    this.gemini.observe({ model, outcome }, seconds);
  }
}
