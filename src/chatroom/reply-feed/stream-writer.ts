import type { ServerResponse } from 'node:http';
import type { FeedListener, ReplyFeed } from './reply-feed.js';
import type { Position } from './stream-position.js';

/** Milliseconds that a reader may leave its socket full before it is taken for vanished. */
const GIVE_UP_AFTER = 300_000;

/**
 * One listener's socket. While it is full nothing is kept for it: when it drains, what it lacks is derived from the
 * text that all share.
 */
export class StreamWriter implements FeedListener {
  private feed: ReplyFeed | null = null;
  private fullSince: number | null = null;

  constructor(
    private readonly response: ServerResponse,
    readonly sessionId: string,
    private position: Position,
  ) {
    response.on('drain', () => {
      this.fullSince = null;
      this.changed();
    });
    // A socket that breaks closes the response, and that ends the listener.
    response.on('error', () => undefined);
  }

  /** Begins to follow; `first` is this listener's own. */
  follow(feed: ReplyFeed, first: string): void {
    this.feed = feed;
    if (first) this.write(first);
    this.changed();
  }

  changed(): void {
    const { feed } = this;
    if (!feed || this.fullSince !== null || this.response.writableEnded) return;
    const { bytes, position } = feed.next(this.position);
    this.position = position;
    if (bytes) this.write(bytes);
    if (feed.over) this.close();
  }

  /** A comment that keeps proxies from closing the connection. */
  beat(): void {
    if (this.fullSince === null) this.write(': still here\n\n');
    else if (performance.now() - this.fullSince > GIVE_UP_AFTER) this.response.destroy();
  }

  /** Ends the response. Without an ending event the client comes again. */
  close(): void {
    this.response.end();
  }

  private write(chunk: string | Buffer): void {
    if (!this.response.write(chunk)) this.fullSince = performance.now();
  }
}
