/** The part of a Nest logger that an outage needs. */
interface OutageLogger {
  warn(message: string): void;
  log(message: string): void;
}

/** Milliseconds between two lines about one outage while it lasts. */
const SUMMARY_INTERVAL = 60_000;

/** Milliseconds after a recovery in which failures are only counted: a dependency that fails now and then logs no pair of lines each time. */
const FLAPPING_INTERVAL = 10_000;

/**
 * Logs the outage of a dependency by its transitions: a warning with the reason when it begins, a summary at most once a
 * minute while it lasts, and one line with the number of failures and the duration when it is over. No line has a stack.
 */
export class OutageLog {
  /** When the outage began; undefined while there is none. */
  private since?: number;
  private lastFailure = 0;
  private lastWarning = 0;
  private lastRecovery = -Infinity;
  /** Since the beginning, and since the last line. */
  private failures = 0;
  private unreported = 0;
  private announced = false;

  /**
   * @param logger receives the warnings and the line about the recovery
   * @param lost what does not work during the outage, such as "job notifications are not sent"
   */
  constructor(
    private readonly logger: OutageLogger,
    private readonly lost: string,
  ) {}

  /** Counts a failure, and logs the first one and one a minute. @param error the reason; its message is logged, its stack is not */
  failed(error: unknown): void {
    const now = performance.now();
    // Without a call of `recovered`, failures that are far apart are outages of their own.
    if (this.since !== undefined && now - this.lastFailure > SUMMARY_INTERVAL) this.reset();
    this.since ??= now;
    this.lastFailure = now;
    this.failures += 1;
    this.unreported += 1;
    if (
      this.announced ? now - this.lastWarning < SUMMARY_INTERVAL : now - this.lastRecovery < FLAPPING_INTERVAL
    )
      return;
    const count = this.unreported > 1 ? ` (failures since the last line: ${this.unreported})` : '';
    this.logger.warn(`${this.lost}: ${reasonOf(error)}${count}`);
    this.announced = true;
    this.lastWarning = now;
    this.unreported = 0;
  }

  /** Ends the outage and logs its failures and duration; without an outage it does nothing, so that every success may call it. */
  recovered(): void {
    if (this.since === undefined) return;
    const now = performance.now();
    if (this.announced) {
      const seconds = ((now - this.since) / 1_000).toFixed(1);
      this.logger.log(`${this.lost}: over after ${seconds} s, failures: ${this.failures}`);
      this.lastRecovery = now;
      this.unreported = 0;
    }
    this.reset();
  }

  private reset(): void {
    this.since = undefined;
    this.failures = 0;
    this.announced = false;
  }
}

/** The message of an error in one line; node-postgres throws errors whose message is empty when every address refused. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message && error.errors.length > 0)
    return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  const text = error.message || (typeof code === 'string' ? code : error.name);
  return text.split('\n', 1)[0] ?? text;
}
