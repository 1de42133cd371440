import type { Exchange } from '../answer/exchange.js';

/** What was asked and answered. */
export class RequestCount {
  total = 0;
  private readonly statuses = new Map<string, number>();
  /** How often each operation answered with a success, and with an error. */
  private readonly operations: Map<string, { good: number; bad: number }>;

  constructor(names: string[]) {
    this.operations = new Map(names.map((name) => [name, { good: 0, bad: 0 }]));
  }

  add({ operation, answer, method }: Exchange): void {
    this.total += 1;
    const status = answer ? String(answer.status) : 'none';
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    const count = operation && method !== 'HEAD' ? this.operations.get(operation.name) : undefined;
    if (count && answer) count[answer.status < 400 ? 'good' : 'bad'] += 1;
  }

  rows(): Record<string, string> {
    const all = [...this.operations.values()];
    const asked = all.filter(({ good, bad }) => good + bad > 0).length;
    const good = all.filter((count) => count.good > 0).length;
    const statuses = [...this.statuses].sort(([a], [b]) => a.localeCompare(b));
    return {
      'operations asked': `${asked} of ${all.length}, ${good} with a success`,
      answers: statuses.map(([status, times]) => `${times} x ${status}`).join(', '),
    };
  }
}
