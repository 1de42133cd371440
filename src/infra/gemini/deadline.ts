import { GeminiError } from './gemini-error.js';

/** Ends a call that takes too long in total, is silent for too long, or is aborted by its caller. */
export class Deadline {
  private readonly controller = new AbortController();
  private readonly total: NodeJS.Timeout;
  private readonly idle: NodeJS.Timeout;
  private readonly onAbort = () => this.end(new GeminiError('aborted', 'The call to Gemini was aborted'));
  /** Why this class ended the call, if it did. */
  failure?: GeminiError;

  /** Times in milliseconds. */
  constructor(
    timeoutMs: number,
    idleMs: number,
    private readonly caller: AbortSignal,
  ) {
    this.total = setTimeout(() => this.end(timeout(`was not done after ${timeoutMs} ms`, true)), timeoutMs);
    this.idle = setTimeout(() => this.end(timeout(`sent nothing for ${idleMs} ms`, false)), idleMs);
    caller.addEventListener('abort', this.onAbort, { once: true });
    if (caller.aborted) this.onAbort();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Restarts the idle timer: something arrived. */
  restartIdleTimer(): void {
    // A timer that was cleared would run again.
    if (!this.signal.aborted) this.idle.refresh();
  }

  /** Stops the timers and closes what is still open. To be called at the end of every call. */
  release(): void {
    clearTimeout(this.total);
    clearTimeout(this.idle);
    this.caller.removeEventListener('abort', this.onAbort);
    this.controller.abort();
  }

  private end(failure: GeminiError): void {
    this.failure ??= failure;
    this.controller.abort();
  }
}

const timeout = (what: string, overtime: boolean) =>
  new GeminiError('timeout', `Gemini ${what}`, { overtime });
