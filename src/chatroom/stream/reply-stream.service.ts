import type { OutgoingHttpHeaders } from 'node:http';
import { BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Principal } from '../../common/auth-context.js';
import { LiveSessionsService } from '../../auth/session/live-sessions.service.js';
import type { ReplySubscription } from './reply-subscription.js';
import { ReplySubscriptions } from './reply-subscriptions.js';
import { ACCEPTED_ID, cursorOf, SSE_HEADERS, toFrame } from './stream-events.js';
import { StreamWriter } from './stream-writer.js';

/** Milliseconds; proxies commonly close a connection that was idle for longer. */
const HEARTBEAT_EVERY = 14_000;

export interface StreamOptions {
  replyId: string;
  /** The stream is closed when this session of theirs ends. */
  user: Principal;
  /** The header `Last-Event-ID` as it came. */
  lastEventId?: string;
  /** JSON of what a POST accepted: the first event. */
  accepted?: string;
}

/** Streams replies as server-sent events to any number of clients. */
@Injectable()
export class ReplyStreamService implements BeforeApplicationShutdown {
  private readonly writers = new Set<StreamWriter>();
  private timer?: NodeJS.Timeout;
  private stopping = false;

  constructor(
    private readonly subscriptions: ReplySubscriptions,
    private readonly sessions: LiveSessionsService,
  ) {}

  /**
   * Answers with the stream of a reply, and with the headers that `reply` has so far. The caller has checked that the
   * client may read it.
   * @returns false, nothing sent, when the reply runs and its text does not arrive from Redis, or the process stops
   * @throws AppError `service.unavailable` when PostgreSQL cannot be read
   */
  async open(reply: FastifyReply, options: StreamOptions): Promise<boolean> {
    const writer = new StreamWriter(reply.raw, cursorOf(options.lastEventId));
    const subscription = await this.subscriptions.add(options.replyId, writer);
    if (this.stopping || (!subscription.live && !subscription.finished)) {
      this.subscriptions.remove(subscription, writer);
      return false;
    }
    reply.hijack();
    void reply.headers(SSE_HEADERS);
    reply.raw.writeHead(200, reply.getHeaders() as OutgoingHttpHeaders);
    reply.raw.flushHeaders();
    this.register(writer, subscription, { reply, user: options.user });
    if (reply.request.method === 'HEAD') writer.close();
    else
      writer.follow(subscription, options.accepted ? toFrame(ACCEPTED_ID, 'accepted', options.accepted) : '');
    return true;
  }

  beforeApplicationShutdown(): void {
    this.stopping = true;
    clearInterval(this.timer);
    for (const writer of this.writers) writer.close();
  }

  private register(
    writer: StreamWriter,
    subscription: ReplySubscription,
    { reply, user }: { reply: FastifyReply; user: Principal },
  ): void {
    const unwatch = this.sessions.watch(user, () => writer.close());
    const unregister = () => {
      unwatch();
      this.subscriptions.remove(subscription, writer);
      this.writers.delete(writer);
      if (this.writers.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
    if (reply.raw.destroyed) return unregister();
    reply.raw.once('close', unregister);
    this.writers.add(writer);
    this.timer ??= setInterval(() => {
      for (const each of this.writers) each.heartbeat();
    }, HEARTBEAT_EVERY);
  }
}
