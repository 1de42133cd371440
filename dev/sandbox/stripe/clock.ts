import type { Store } from './store.js';

/** Unix seconds by the wall. */
export function wallTime(): number {
  return Math.floor(Date.now() / 1000);
}

/** Test clocks: each customer lives in a time of their own, never behind the wall clock. */
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
