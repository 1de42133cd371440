/** Milliseconds. */
export interface QueueHealthTiming {
  /** A command that has not ended this long after its own time counts as failed. */
  overdue: number;
  /** The pause after a failed command doubles from the first to the second. */
  retryBase: number;
  retryCap: number;
}

/**
 * Whether one queue's worker can take jobs from Redis. BullMQ repeats a command that Redis refused at once and without end,
 * and waits without end and without an event for a connection that does not become ready: this class delays the one and
 * notices the other.
 */
export class QueueHealth {
  /** The commands under way, by the moment from which they are overdue. */
  private readonly pending = new Map<symbol, number>();
  private failure: Error | null = null;
  private failures = 0;
  /** The last error of the connections since a command succeeded: the likely reason of a command that does not end. */
  private connectionError: Error | null = null;
  private proven = false;
  private readonly closed = new AbortController();

  /** @param onFailure called for each failed command */
  constructor(
    private readonly timing: QueueHealthTiming,
    private readonly onFailure: (error: Error) => void,
  ) {}

  /** What is wrong; null while nothing is known to be. */
  get problem(): Error | null {
    return this.failure ?? this.overdue;
  }

  /** The likely reason why a command does not end; null while none is overdue. */
  get overdue(): Error | null {
    const now = performance.now();
    if (![...this.pending.values()].some((overdueFrom) => overdueFrom < now)) return null;
    return this.connectionError ?? new Error('no response');
  }

  /** Whether the last command that ended succeeded, and none is overdue. */
  get works(): boolean {
    return this.proven && this.problem === null;
  }

  /** Notes an error of the connections that belongs to no command. */
  noteConnectionError(error: Error): void {
    this.connectionError = error;
  }

  /**
   * Runs a command that takes jobs. A failure is thrown on after a pause.
   * @param time milliseconds that the command may take when all is well
   */
  async watch<T>(time: number, command: () => Promise<T>): Promise<T> {
    const id = Symbol('command');
    this.pending.set(id, performance.now() + time + this.timing.overdue);
    try {
      const result = await command();
      this.succeeded();
      return result;
    } catch (error) {
      this.pending.delete(id);
      await this.failed(error as Error);
      throw error;
    } finally {
      this.pending.delete(id);
    }
  }

  /** Ends a pause that is under way, and makes none any more. */
  close(): void {
    this.closed.abort();
  }

  private succeeded(): void {
    this.proven = true;
    this.failure = null;
    this.failures = 0;
    this.connectionError = null;
  }

  private async failed(error: Error): Promise<void> {
    if (this.closed.signal.aborted) return;
    this.failure = error;
    this.onFailure(error);
    const { retryBase, retryCap } = this.timing;
    const pause = Math.min(retryCap, retryBase * 2 ** this.failures);
    this.failures += 1;
    await pauseUntil(pause, this.closed.signal);
  }
}

function pauseUntil(milliseconds: number, end: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, milliseconds);
    end.addEventListener('abort', finish);
    function finish() {
      clearTimeout(timer);
      end.removeEventListener('abort', finish);
      resolve();
    }
  });
}
