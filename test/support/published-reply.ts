import type { Redis } from 'ioredis';
import type { Client } from './client.js';
import { EventStream } from './event-stream.js';
import { buildReply, buildRoom, type ReplyOverrides, type SignedIn } from './factories.js';
import type { System } from './system.js';
import {
  replyChannel,
  replyStreamKey,
  toPublished,
  toStreamFields,
  type ReplyEntry,
} from '../../src/chatroom/reply-channel.js';

/** Publishes entries of a reply as a worker does. */
export async function publish(redis: Redis, replyId: string, ...entries: ReplyEntry[]): Promise<void> {
  const pipeline = redis.pipeline();
  for (const entry of entries) {
    pipeline.xadd(replyStreamKey(replyId), '*', ...toStreamFields(entry));
    pipeline.publish(replyChannel(replyId), toPublished(entry));
  }
  const results = (await pipeline.exec()) ?? [];
  for (const [error] of results) if (error) throw error;
}

export interface PublishedReply {
  replyId: string;
  path: string;
  open: (options?: { api?: number; lastEventId?: number | string }) => Promise<EventStream>;
  publish: (...entries: Parameters<typeof publish>[2][]) => Promise<void>;
  /** Stores an ending and says so, as a worker does. */
  end: (content: string | null, options?: { status?: string; claim?: number }) => Promise<void>;
}

/** A running reply in a room of its own, whose worker is the test. */
export async function publishedReply(
  system: System,
  owner: Client & { user: SignedIn },
  overrides: ReplyOverrides = {},
): Promise<PublishedReply> {
  const roomId = await buildRoom(system.db, owner.user.id);
  const replyId = await buildReply(system.db, roomId, overrides);
  const path = `/chatroom/${roomId}/message/${replyId}`;
  return {
    replyId,
    path,
    open: ({ api = 0, lastEventId } = {}) =>
      EventStream.open(system.client(api).as(owner.user.accessToken), `${path}/stream`, { lastEventId }),
    publish: (...entries) => publish(system.redis, replyId, ...entries),
    end: async (content, { status = 'completed', claim = 1 } = {}) => {
      await system.db.query(
        'UPDATE message SET status = $2::message_status, content = $3, claim = $4, completed_at = now() WHERE id = $1',
        [replyId, status, content, claim],
      );
      await publish(system.redis, replyId, { kind: 'end', claim });
    },
  };
}

/** How many processes are subscribed to what is published about a reply. */
export async function subscriptions(redis: Redis, replyId: string): Promise<number> {
  const [, count] = (await redis.pubsub('NUMSUB', `reply:${replyId}`)) as [string, number];
  return Number(count);
}
