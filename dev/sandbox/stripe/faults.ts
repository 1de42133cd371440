import { setTimeout as delay } from 'node:timers/promises';

/** A misbehaviour asked for, of the requests whose `METHOD path` contains `match`. */
export interface Fault {
  match: string;
  /** Only those that name this object in a parameter. */
  about?: string;
  /**
   * `slow` waits before the work, `late` after it, so that the answer is of the past; `error` answers `status` without
   * doing it, and `fail` keeps that answer under the idempotency key, as Stripe does with work that it began; `refuse`
   * cuts the connection without doing it; `error_after` and `refuse_after` do the work first, so that the client
   * cannot know.
   */
  kind: 'slow' | 'late' | 'error' | 'fail' | 'refuse' | 'error_after' | 'refuse_after';
  status?: number;
  delayMs?: number;
  /** Up to so much is added to the delay at random. */
  jitterMs?: number;
  /** How likely it strikes a request, from 0 to 1; always if not given. */
  chance?: number;
  /** How often it strikes; for ever if not given. */
  times?: number;
  /** For whoever runs the sandbox in their own process: called when it strikes, and waited for. */
  until?: () => Promise<void>;
}

/** Holds a request up for as long as these faults say. */
export async function holdUp(faults: Fault[]): Promise<void> {
  for (const fault of faults) {
    await delay(delayOf(fault), undefined, { ref: false });
    await fault.until?.();
  }
}

/** Milliseconds that a fault holds a request up. */
function delayOf({ delayMs = 0, jitterMs = 0 }: Fault): number {
  return delayMs + Math.random() * jitterMs;
}

export class Faults {
  private list: Fault[] = [];

  add(fault: Fault): void {
    this.list.push({ ...fault });
  }

  clear(): void {
    this.list = [];
  }

  /** The faults that strike this request, each of them once less from now on. */
  strike(request: string, params: object): Fault[] {
    const struck = this.list.filter(
      ({ match, about, chance = 1 }) =>
        request.includes(match) &&
        (about === undefined || Object.values(params).includes(about)) &&
        Math.random() < chance,
    );
    for (const fault of struck) if (fault.times !== undefined) fault.times--;
    this.list = this.list.filter(({ times }) => times === undefined || times > 0);
    return struck;
  }
}
