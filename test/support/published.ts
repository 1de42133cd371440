import type { Redis } from 'ioredis';
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
