import { BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { LiveSessionsService } from '../../auth/session/live-sessions.service.js';
import type { Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import type { MessageRow } from '../message/message.sql.js';
import type { ReplyListener, ReplySubscription } from './reply-subscription.js';
import { ReplySubscriptions } from './reply-subscriptions.js';

export interface WaitOptions {
  /** Whose session the wait belongs to: it ends with the session, and brings nothing then. */
  user: Principal;
  /** Ends the wait: the client disconnected. */
  signal: AbortSignal;
  /** Waits also while Redis is away, when the end is noticed up to a second late. Otherwise such a wait ends at once. */
  patient?: boolean;
}

/** A listener for the end of a reply alone. */
class Waiter implements ReplyListener {
  private subscription?: ReplySubscription;
  private resolve?: () => void;

  changed(): void {
    if (this.subscription?.finished) this.stop();
  }

  stop(): void {
    this.resolve?.();
  }

  async wait(subscription: ReplySubscription, seconds: number, signal: AbortSignal): Promise<void> {
    this.subscription = subscription;
    const stop = () => this.stop();
    const timer = setTimeout(stop, seconds * 1_000);
    signal.addEventListener('abort', stop);
    await new Promise<void>((resolve) => {
      this.resolve = resolve;
      if (signal.aborted || subscription.finished) resolve();
    });
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** Waits for the end of a reply, on the subscription that all its listeners share. */
@Injectable()
export class ReplyWaitService implements BeforeApplicationShutdown {
  private readonly waiters = new Set<Waiter>();
  private stopping = false;

  constructor(
    private readonly subscriptions: ReplySubscriptions,
    private readonly sessions: LiveSessionsService,
  ) {}

  /**
   * Waits at most `seconds` for the end of a reply.
   * @returns the reply as it ended; null when it did not end in time, the client disconnected, the reply was deleted or the
   *   process stops
   * @throws AppError `auth.unauthenticated` when the session ended; `service.unavailable` when PostgreSQL cannot be read
   */
  async waitFor(
    replyId: string,
    seconds: number,
    { user, signal, patient }: WaitOptions,
  ): Promise<MessageRow | null> {
    const waiter = new Waiter();
    const subscription = await this.subscriptions.add(replyId, waiter);
    this.waiters.add(waiter);
    let sessionEnded = false;
    const unwatch = this.sessions.watch(user, () => {
      sessionEnded = true;
      waiter.stop();
    });
    try {
      if (!this.stopping && (subscription.live || patient)) await waiter.wait(subscription, seconds, signal);
      if (sessionEnded) throw new AppError('auth.unauthenticated');
      return subscription.ended?.row ?? null;
    } finally {
      unwatch();
      this.waiters.delete(waiter);
      this.subscriptions.remove(subscription, waiter);
    }
  }

  beforeApplicationShutdown(): void {
    this.stopping = true;
    for (const waiter of this.waiters) waiter.stop();
  }
}
