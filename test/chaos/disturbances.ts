/** When something was broken on purpose: what excuses an answer at that time, and what does not. Milliseconds since the epoch. */
interface Disturbance {
  what: string;
  from: number;
  to: number;
}

/** Milliseconds that recovery by itself may take. */
const GRACE = 4_000;

export class Disturbances {
  private readonly list: Disturbance[] = [];
  private readonly began = Date.now();

  /** @returns what to call when it is over */
  begin(what: string): () => void {
    const disturbance = { what, from: Date.now(), to: Infinity };
    this.list.push(disturbance);
    return () => (disturbance.to = Date.now());
  }

  /** Milliseconds since all was well; 0 while something is broken. */
  get quietFor(): number {
    return Math.max(0, Date.now() - Math.max(this.began, ...this.list.map(({ to }) => to)));
  }

  /** Whether one of that name was repaired during the span, or just before. */
  endedWithin(what: string, from: number, to: number): boolean {
    return this.list.some((d) => d.what === what && d.to <= to && d.to + GRACE >= from);
  }

  /** Whether one of that name went on, or had just ended, at any time of the span. */
  excuses(what: string, from: number, to: number): boolean {
    return this.list.some((d) => d.what === what && d.from <= to && d.to + GRACE >= from);
  }
}
