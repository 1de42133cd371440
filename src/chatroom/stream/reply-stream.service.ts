import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { ReplyListener, ReplySubscription } from './reply-subscription.js';
import { ACCEPTED_ID, cursorOf, type StreamCursor, SSE_HEADERS, toFrame } from './stream-events.js';
import { BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { LiveSessionsService } from '../../auth/session/live-sessions.service.js';
import { ReplySubscriptions } from './reply-subscriptions.js';

/** Milliseconds that a reader may leave its socket full before it is taken for vanished. */
const GIVE_UP_AFTER = 300_000;

/**
 * One listener's socket. While it is full nothing is kept for it: when it drains, what it lacks is derived from the
 * text that all share.
 */
export class StreamWriter implements ReplyListener {
  private feed: ReplySubscription | null = null;
  private fullSince: number | null = null;

  constructor(
    private readonly response: ServerResponse,
    readonly sessionId: string,
    private position: StreamCursor,
  ) {
    response.on('drain', () => {
      this.fullSince = null;
      this.changed();
    });
    // A socket that breaks closes the response, and that ends the listener.
    response.on('error', () => undefined);
  }

  /** Begins to follow; `first` is this listener's own. */
  follow(feed: ReplySubscription, first: string): void {
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

const BEAT = 14_000;

export interface StreamOptions {
  replyId: string;
  /** The stream is closed when it ends. */
  sessionId: string;
  /** The header as it came. */
  lastEventId?: string;
  /** JSON of what a POST accepted: the first event. */
  accepted?: string;
}

/** Streams replies as server-sent events to any number of listeners. */
@Injectable()
export class ReplyStreamService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(ReplyStreamService.name);
  private readonly writers = new Set<StreamWriter>();
  private timer?: NodeJS.Timeout;
  private stopping = false;

  constructor(
    private readonly feeds: ReplySubscriptions,
    private readonly sessions: LiveSessionsService,
  ) {}

  /**
   * Answers with the stream of a reply, with the headers that `reply` has so far. The caller has checked whose it is.
   * @returns false, nothing sent, when the reply runs and Redis, or this process, cannot carry its stream now
   * @throws AppError `service.unavailable` when PostgreSQL cannot be asked
   */
  async open(reply: FastifyReply, options: StreamOptions): Promise<boolean> {
    const writer = new StreamWriter(reply.raw, options.sessionId, cursorOf(options.lastEventId));
    const feed = await this.feeds.join(options.replyId, writer);
    if (this.stopping || (!feed.live && !feed.over)) {
      this.feeds.leave(feed, writer);
      return false;
    }
    reply.hijack();
    void reply.headers(SSE_HEADERS);
    reply.raw.writeHead(200, reply.getHeaders() as OutgoingHttpHeaders);
    reply.raw.flushHeaders();
    this.start(writer, feed, reply);
    if (reply.request.method === 'HEAD') writer.close();
    else writer.follow(feed, options.accepted ? toFrame(ACCEPTED_ID, 'accepted', options.accepted) : '');
    return true;
  }

  beforeApplicationShutdown(): void {
    this.stopping = true;
    clearInterval(this.timer);
    for (const writer of this.writers) writer.close();
  }

  private start(writer: StreamWriter, feed: ReplySubscription, reply: FastifyReply): void {
    const leave = () => {
      this.feeds.leave(feed, writer);
      this.writers.delete(writer);
      if (this.writers.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
    if (reply.raw.destroyed) return leave();
    reply.raw.once('close', leave);
    this.writers.add(writer);
    this.timer ??= setInterval(() => void this.beat(), BEAT);
  }

  /** A sign of life to all, and the end for those whose session ended: one statement, whatever their number. */
  private async beat(): Promise<void> {
    const writers = [...this.writers];
    for (const writer of writers) writer.beat();
    try {
      const live = await this.sessions.among(writers.map(({ sessionId }) => sessionId));
      for (const writer of writers) if (!live.has(writer.sessionId)) writer.close();
    } catch (error) {
      this.logger.warn(`the sessions of open streams were not checked: ${(error as Error).message}`);
    }
  }
}
