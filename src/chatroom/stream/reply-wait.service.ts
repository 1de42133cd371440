import { BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { MessageRow } from '../message/message.dto.js';
import type { ReplyListener, ReplySubscription } from './reply-subscription.js';
import { ReplySubscriptions } from './reply-subscriptions.js';

export interface WaitOptions {
  /** Ends the wait: the client hung up. */
  signal: AbortSignal;
  /** Waits also while Redis is away, when an ending is noticed up to a second late. Else such a wait is over at once. */
  patient?: boolean;
}

/** Somebody who only wants to know how it ends. */
class Waiter implements ReplyListener {
  private feed?: ReplySubscription;
  private done?: () => void;

  changed(): void {
    if (this.feed?.over) this.stop();
  }

  stop(): void {
    this.done?.();
  }

  async wait(feed: ReplySubscription, seconds: number, signal: AbortSignal): Promise<void> {
    this.feed = feed;
    const stop = () => this.stop();
    const timer = setTimeout(stop, seconds * 1_000);
    signal.addEventListener('abort', stop);
    await new Promise<void>((resolve) => {
      this.done = resolve;
      if (signal.aborted || feed.over) resolve();
    });
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** Waits for the ending of a reply, on the feed that all who listen to it share. */
@Injectable()
export class ReplyWaitService implements BeforeApplicationShutdown {
  private readonly waiters = new Set<Waiter>();
  private stopping = false;

  constructor(private readonly feeds: ReplySubscriptions) {}

  /**
   * The reply as it ended, or null when it has not after `seconds`, the client hung up, the reply is gone or the process stops.
   * @throws AppError `service.unavailable` when PostgreSQL cannot be asked
   */
  async waitFor(
    replyId: string,
    seconds: number,
    { signal, patient }: WaitOptions,
  ): Promise<MessageRow | null> {
    const waiter = new Waiter();
    const feed = await this.feeds.join(replyId, waiter);
    this.waiters.add(waiter);
    try {
      if (!this.stopping && (feed.live || patient)) await waiter.wait(feed, seconds, signal);
      return feed.ended?.row ?? null;
    } finally {
      this.waiters.delete(waiter);
      this.feeds.leave(feed, waiter);
    }
  }

  beforeApplicationShutdown(): void {
    this.stopping = true;
    for (const waiter of this.waiters) waiter.stop();
  }
}
