const LIMIT = 5;
const WINDOW_MS = 60_000;

/** Limits restarts: five unexpected exits within a minute are too many. */
export class RestartLimit {
  private exits: number[] = [];

  /** @param now in milliseconds, of any monotonic clock @returns the number of exits within the last minute, this one included */
  record(now: number): number {
    this.exits = [...this.exits.filter((time) => now - time < WINDOW_MS), now];
    return this.exits.length;
  }

  get exceeded(): boolean {
    return this.exits.length >= LIMIT;
  }
}
