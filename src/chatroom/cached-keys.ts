import type { RedisClient } from '../infra/redis/connect.js';

/** The first page of a person's chatrooms. */
export const roomListKey = (userId: string) => `rooms:${userId}:list`;

/**
 * A cached reply; of all people together where `userId` is null. The braces keep a person's responses and their index in
 * one slot of a Redis Cluster.
 */
export const responseKey = (userId: string | null, digest: string) =>
  `response:{${userId ?? digest}}:${digest}`;

/**
 * The keys of a person's cached responses: a sorted set, scored with the second in which each was stored. A member is the room
 * whose prompt it was, a space, and the key.
 */
export const responseIndexKey = (userId: string) => `responses:{${userId}}`;

export const responseIndexMember = (chatroomId: string, key: string) => `${chatroomId} ${key}`;

/** Commands that are sent before their replies are awaited. */
const BATCH = 500;

/**
 * Deletes all that Redis has cached of a person, found by its names and by the index: never by a walk over all keys, which
 * would take as long as Redis is large.
 * @throws Error of ioredis when Redis is away; the index is still there for the next call then
 */
export async function deleteCachedKeys(redis: RedisClient, userId: string): Promise<void> {
  const index = responseIndexKey(userId);
  await deleteResponses(redis, await redis.zrange(index, '0', '-1'));
  // The index last: a failure before leaves what the next call needs.
  await redis.unlink(index);
  await redis.unlink(roomListKey(userId));
}

/** Deletes what Redis has cached of one room of a person, and the list that names it. As `deleteCachedKeys`. */
export async function deleteCachedKeysOfRoom(
  redis: RedisClient,
  userId: string,
  chatroomId: string,
): Promise<void> {
  const index = responseIndexKey(userId);
  const members = await redis.zrange(index, '0', '-1');
  const own = members.filter((member) => member.startsWith(responseIndexMember(chatroomId, '')));
  await deleteResponses(redis, own);
  for (let at = 0; at < own.length; at += BATCH) await redis.zrem(index, ...own.slice(at, at + BATCH));
  await redis.unlink(roomListKey(userId));
}

/** One key a command: keys that are shared by all people are in slots of their own in a Redis Cluster. */
async function deleteResponses(redis: RedisClient, members: string[]): Promise<void> {
  const keys = members.map((member) => member.slice(member.indexOf(' ') + 1));
  for (let at = 0; at < keys.length; at += BATCH)
    await Promise.all(keys.slice(at, at + BATCH).map((key) => redis.unlink(key)));
}
