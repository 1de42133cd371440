import type { Store } from './store.js';

/** The real time, in unix seconds. */
export function wallTime(): number {
  return Math.floor(Date.now() / 1000);
}

/** Test clocks: each customer has a time of its own, never before the real time. */
export class Clock {
  constructor(private readonly store: Store) {}

  now(customer?: string | null): number {
    return wallTime() + (customer ? (this.store.state.clocks[customer] ?? 0) : 0);
  }

  set(customer: string, time: number): void {
    this.store.state.clocks[customer] = Math.max(0, time - wallTime());
    this.store.touch();
  }
}
