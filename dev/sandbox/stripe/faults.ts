import { setTimeout as delay } from 'node:timers/promises';

/** An injected fault for the requests whose `METHOD path` contains `match`. */
export interface Fault {
  match: string;
  /** Only the requests with this object id in a parameter. */
  about?: string;
  /**
   * `slow` waits before the request is executed, `late` after it, so that the response is out of date. `error` responds
   * with `status` (and `message`) without executing; `fail` also stores that response under the idempotency key, as Stripe does once it
   * began to execute. `refuse` closes the connection without executing. `error_after` and `refuse_after` execute first,
   * so that the client cannot know the result.
   */
  kind: 'slow' | 'late' | 'error' | 'fail' | 'refuse' | 'error_after' | 'refuse_after';
  status?: number;
  message?: string;
  delayMs?: number;
  /** The upper bound of a random addition to the delay. */
  jitterMs?: number;
  /** The probability for each request, from 0 to 1; 1 if not given. */
  chance?: number;
  /** The number of requests it applies to; unlimited if not given. */
  times?: number;
  /** For a sandbox in the same process: called when the fault applies, and awaited. */
  until?: () => Promise<void>;
}

/** Delays a request for as long as these faults say. */
export async function applyDelays(faults: Fault[]): Promise<void> {
  for (const fault of faults) {
    await delay(delayOf(fault), undefined, { ref: false });
    await fault.until?.();
  }
}

/** The delay of one fault, in milliseconds. */
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

  /** The faults that apply to this request; each counts as used once. */
  take(request: string, params: object): Fault[] {
    const taken = this.list.filter(
      ({ match, about, chance = 1 }) =>
        request.includes(match) &&
        (about === undefined || Object.values(params).includes(about)) &&
        Math.random() < chance,
    );
    for (const fault of taken) if (fault.times !== undefined) fault.times--;
    this.list = this.list.filter(({ times }) => times === undefined || times > 0);
    return taken;
  }
}
