import { Logger } from '@nestjs/common';
import { LEASE, type ReplyWork } from './reply.sql.js';
import { isDatabaseUnavailable } from '../../infra/postgres/errors.js';
import type { ReplyStore } from './reply.store.js';

/** Why work on a reply ends early: somebody else has it, or it is final or gone; this process stops. */
export type StopReason = 'lost' | 'shutdown';

const RENEW_EVERY = (LEASE * 1_000) / 3;

/** Holds a claimed reply: renews it in PostgreSQL, and knows by a monotonic clock when it may have been taken over. */
export class Lease {
  /** Ends with a StopReason. */
  readonly signal: AbortSignal;
  private readonly controller = new AbortController();
  private readonly logger = new Logger(Lease.name);
  private readonly timer: NodeJS.Timeout;
  private heldUntil: number;
  private renewal: Promise<void> | null = null;

  constructor(
    private readonly store: ReplyStore,
    readonly work: ReplyWork,
    claimedAt: number,
    private readonly process: AbortSignal,
  ) {
    this.signal = this.controller.signal;
    this.heldUntil = claimedAt + LEASE * 1_000;
    this.timer = setInterval(() => void this.renew(), RENEW_EVERY);
    process.addEventListener('abort', this.onShutdown);
    if (process.aborted) this.onShutdown();
  }

  /** Whether nobody else can hold the reply at this instant. A process that was frozen finds out here, before it publishes. */
  get held(): boolean {
    return performance.now() < this.heldUntil && !this.signal.aborted;
  }

  get stopReason(): StopReason | null {
    return this.signal.aborted ? (this.signal.reason as StopReason) : null;
  }

  /** Looks whether the reply is still ours: somebody said that it is gone. */
  async check(): Promise<void> {
    await this.renewal;
    await this.renew();
  }

  release(): void {
    clearInterval(this.timer);
    this.process.removeEventListener('abort', this.onShutdown);
  }

  private readonly onShutdown = () => this.stop('shutdown');

  private stop(reason: StopReason): void {
    this.controller.abort(reason);
  }

  private renew(): Promise<void> {
    this.renewal ??= this.ask().finally(() => (this.renewal = null));
    return this.renewal;
  }

  private async ask(): Promise<void> {
    if (this.signal.aborted) return;
    const asked = performance.now();
    try {
      if (await this.store.renew(this.work)) this.heldUntil = asked + LEASE * 1_000;
      else this.stop('lost');
    } catch (error) {
      // PostgreSQL is away: nobody else can claim either, and the claim number decides in the end.
      if (!isDatabaseUnavailable(error))
        this.logger.error(
          { err: error, replyId: this.work.id, requestId: this.work.requestId },
          'a lease could not be renewed',
        );
    }
  }
}
