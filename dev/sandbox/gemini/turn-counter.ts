/** Counts per key, forgetting the keys longest unused once there are too many. */
export class TurnCounter {
  private readonly counts = new Map<string, number>();

  constructor(private readonly mostKeys = 20_000) {}

  /** True for the first `times` calls with this key. */
  take(key: string, times: number): boolean {
    const taken = this.counts.get(key) ?? 0;
    this.counts.delete(key);
    this.counts.set(key, taken + 1);
    this.forgetOldest();
    return taken < times;
  }

  clear(): void {
    this.counts.clear();
  }

  private forgetOldest(): void {
    const oldest = this.counts.keys().next();
    if (this.counts.size > this.mostKeys && !oldest.done) this.counts.delete(oldest.value);
  }
}
