import type { RedisClient } from '../infra/redis/connect.js';

/** The first page of a person's chatrooms. */
export const roomListKey = (userId: string) => `rooms:${userId}:list`;

/**
 * A cached reply; of all people together where `userId` is null. The braces keep a person's responses and their index in
 * one slot of a Redis Cluster, so that one pipeline writes both and one command deletes many.
 */
export const responseKey = (userId: string | null, digest: string) =>
  `response:{${userId ?? digest}}:${digest}`;

/** The keys of a person's cached responses: a sorted set, scored with the second in which each was stored. */
export const responseIndexKey = (userId: string) => `responses:{${userId}}`;

/** Keys deleted by one command. */
const BATCH = 500;

/**
 * Deletes all that Redis has cached of a person, found by its names and by the index: never by a walk over all keys, which
 * would take as long as Redis is large.
 * @throws Error of ioredis when Redis is away; what is left then expires by itself
 */
export async function deleteCachedKeys(redis: RedisClient, userId: string): Promise<void> {
  const index = responseIndexKey(userId);
  const responses = await redis.zrange(index, '0', '-1');
  for (let at = 0; at < responses.length; at += BATCH) await redis.unlink(responses.slice(at, at + BATCH));
  // The index last: a failure before leaves what the next call needs.
  await redis.unlink(index);
  await redis.unlink(roomListKey(userId));
}
