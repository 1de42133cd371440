import { GeminiError } from './gemini-error.js';

/** Ends a call that takes too long as a whole, is silent for too long, or whose caller hung up. */
export class Deadline {
  private readonly controller = new AbortController();
  private readonly total: NodeJS.Timeout;
  private readonly idle: NodeJS.Timeout;
  private readonly onAbort = () => this.end(new GeminiError('aborted', 'The call to Gemini was aborted'));
  /** Why the call was ended by us, if it was. */
  failure?: GeminiError;

  /** Times in milliseconds. */
  constructor(
    timeoutMs: number,
    idleMs: number,
    private readonly caller: AbortSignal,
  ) {
    this.total = setTimeout(() => this.end(timeout(`was not done after ${timeoutMs} ms`)), timeoutMs);
    this.idle = setTimeout(() => this.end(timeout(`sent nothing for ${idleMs} ms`)), idleMs);
    caller.addEventListener('abort', this.onAbort, { once: true });
    if (caller.aborted) this.onAbort();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Something arrived: silence is counted from now. */
  restartIdleTimer(): void {
    this.idle.refresh();
  }

  /** To be called when the call is over, however it went: whatever is still open is closed. */
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

const timeout = (what: string) => new GeminiError('timeout', `Gemini ${what}`);
