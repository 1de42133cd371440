/** Counts uses per key; beyond `maxKeys` the least recently used keys are removed. */
export class UseCounter {
  private readonly counts = new Map<string, number>();

  constructor(private readonly maxKeys = 20_000) {}

  /** True for the first `times` calls with this key. */
  take(key: string, times: number): boolean {
    const taken = this.counts.get(key) ?? 0;
    this.counts.delete(key);
    this.counts.set(key, taken + 1);
    this.removeOldest();
    return taken < times;
  }

  clear(): void {
    this.counts.clear();
  }

  private removeOldest(): void {
    const oldest = this.counts.keys().next();
    if (this.counts.size > this.maxKeys && !oldest.done) this.counts.delete(oldest.value);
  }
}
