const LIMIT = 5;
const WINDOW_MS = 60_000;

/** Counts deaths: five within a minute are no accident any more. */
export class Deaths {
  private times: number[] = [];

  /** @param now in milliseconds, of any steady clock @returns how many there were within the last minute, this one included */
  record(now: number): number {
    this.times = [...this.times.filter((time) => now - time < WINDOW_MS), now];
    return this.times.length;
  }

  get tooMany(): boolean {
    return this.times.length >= LIMIT;
  }
}
