import type { OutgoingHttpHeaders } from 'node:http';
import { BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { LiveSessionsService } from '../../auth/session/live-sessions.service.js';
import type { ReplyFeed } from './reply-feed.js';
import { ReplyFeeds } from './reply-feeds.js';
import { SSE_HEADERS, toFrame } from './sse.js';
import { ACCEPTED_ID, fromEventId } from './stream-position.js';
import { StreamWriter } from './stream-writer.js';

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
    private readonly feeds: ReplyFeeds,
    private readonly sessions: LiveSessionsService,
  ) {}

  /**
   * Answers with the stream of a reply, with the headers that `reply` has so far. The caller has checked whose it is.
   * @returns false, nothing sent, when the reply runs and Redis, or this process, cannot carry its stream now
   * @throws AppError `service.unavailable` when PostgreSQL cannot be asked
   */
  async open(reply: FastifyReply, options: StreamOptions): Promise<boolean> {
    const writer = new StreamWriter(reply.raw, options.sessionId, fromEventId(options.lastEventId));
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

  private start(writer: StreamWriter, feed: ReplyFeed, reply: FastifyReply): void {
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
