import type { ServerResponse } from 'node:http';
import type { ReplyListener, ReplySubscription } from './reply-subscription.js';
import type { StreamCursor } from './stream-events.js';

/** Milliseconds that a client's socket may stay full before the client is considered gone. */
const FULL_AT_MOST = 300_000;

/**
 * Writes one client's stream. While the socket is full nothing is queued for it: once it drains, what the client lacks is
 * derived from the text that all listeners share.
 */
export class StreamWriter implements ReplyListener {
  private subscription: ReplySubscription | null = null;
  private fullSince: number | null = null;

  constructor(
    private readonly response: ServerResponse,
    private cursor: StreamCursor,
  ) {
    response.on('drain', () => {
      this.fullSince = null;
      this.changed();
    });
    // A socket that breaks closes the response, and that removes the listener.
    response.on('error', () => undefined);
  }

  /** Writes `firstFrame`, which is this client's own, and from then on what the subscription brings. */
  follow(subscription: ReplySubscription, firstFrame: string): void {
    this.subscription = subscription;
    if (firstFrame) this.write(firstFrame);
    this.changed();
  }

  changed(): void {
    const { subscription } = this;
    if (!subscription || this.fullSince !== null || this.response.writableEnded) return;
    const { bytes, cursor } = subscription.next(this.cursor);
    this.cursor = cursor;
    if (bytes) this.write(bytes);
    if (subscription.finished) this.close();
  }

  /** Writes a comment, so that proxies do not close the connection as idle. */
  heartbeat(): void {
    if (this.fullSince === null) this.write(': still here\n\n');
    else if (performance.now() - this.fullSince > FULL_AT_MOST) this.response.destroy();
  }

  /** Ends the response. A client that got no ending event connects again. */
  close(): void {
    this.response.end();
  }

  private write(chunk: string | Buffer): void {
    if (!this.response.write(chunk)) this.fullSince = performance.now();
  }
}
