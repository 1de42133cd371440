import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Result } from 'ioredis';
import type { RedisClient } from '../infra/redis/connect.js';
import { REDIS } from '../infra/redis/redis.module.js';

/**
 * What the worker publishes of a running reply and the API reads: a Redis stream to replay, and a channel of the same
 * entries to follow. How a reply ended is in PostgreSQL alone: an `end` entry is a hint to read the row.
 */
export type ReplyEntry =
  /** A claim begins to generate: what earlier claims published is void. `attempt` counts from 1 within a run. */
  | { kind: 'begin'; claim: number; attempt: number }
  /** `text` stands at `offset` (UTF-16 code units) of the text generated under `claim`. */
  | { kind: 'delta'; claim: number; attempt: number; offset: number; text: string }
  | { kind: 'end'; claim: number };

/** The stream of one reply. The braces keep all keys of a reply in one slot of a Redis Cluster. */
export const replyStreamKey = (replyId: string) => `{reply:${replyId}}:stream`;

/** The channel of one reply: the same entries when they are published, as JSON. */
export const replyChannel = (replyId: string) => `reply:${replyId}`;

/** The channel of cancellations, which every worker subscribes to: a message is the id of a reply. */
export const CANCEL_CHANNEL = 'reply-cancel';

/**
 * About so many entries are kept in a stream. The whole text is published again after half as many, so that the entries
 * that are kept always contain all of it.
 */
export const REPLY_STREAM_LENGTH = 256;

/** Seconds that a stream is kept after its last entry. */
export const REPLY_STREAM_LIFE = 600;

/** The one field of a Redis stream entry. */
const FIELD = 'e';

export const toStreamFields = (entry: ReplyEntry): [string, string] => [FIELD, JSON.stringify(entry)];

export const fromStreamFields = (fields: string[]): ReplyEntry => JSON.parse(fields[1] ?? '') as ReplyEntry;

export const toPublished = (entry: ReplyEntry): string => JSON.stringify(entry);

export const fromPublished = (message: string): ReplyEntry => JSON.parse(message) as ReplyEntry;

/** KEYS[1] stream; ARGV[1] channel, [2] entries to keep, [3] seconds to keep the stream, then the entries as JSON. */
const APPEND_ENTRIES = `
  for i = 4, #ARGV do
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', '${FIELD}', ARGV[i])
    redis.call('PUBLISH', ARGV[1], ARGV[i])
  end
  redis.call('EXPIRE', KEYS[1], ARGV[3])
  return redis.call('XLEN', KEYS[1])`;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    appendReplyEntries(key: string, ...args: (string | number)[]): Result<number, Context>;
  }
}

/**
 * Appends entries to the stream of a reply and publishes them, in one command: listeners get all of them or none.
 * @returns the length of the stream afterwards
 * @throws Error of ioredis when Redis did not confirm the command; it may still be carried out
 */
export function appendEntries(redis: RedisClient, replyId: string, entries: ReplyEntry[]): Promise<number> {
  if (!Object.hasOwn(redis, 'appendReplyEntries'))
    redis.defineCommand('appendReplyEntries', { numberOfKeys: 1, lua: APPEND_ENTRIES });
  return redis.appendReplyEntries(
    replyStreamKey(replyId),
    replyChannel(replyId),
    REPLY_STREAM_LENGTH,
    REPLY_STREAM_LIFE,
    ...entries.map(toPublished),
  );
}

/** More than any claim: every listener reads the row, whatever entries it has. */
const ANY_CLAIM = 999_999_999;

/** The API's side of what is published about replies. */
@Injectable()
export class ReplyChannel {
  private readonly logger = new Logger(ReplyChannel.name);

  constructor(@Inject(REDIS) private readonly redis: RedisClient) {}

  /** The text published under a claim so far; empty when there is none, and while Redis is away. */
  async textOf(replyId: string, claim: number): Promise<string> {
    try {
      const entries = await this.redis.xrange(replyStreamKey(replyId), '-', '+');
      let text = '';
      for (const [, fields] of entries) {
        const entry = fromStreamFields(fields);
        if (entry.kind === 'delta' && entry.claim === claim && entry.offset <= text.length) {
          text = text.slice(0, entry.offset) + entry.text;
        }
      }
      return text;
    } catch (error) {
      this.logger.warn(`the published text was not read: ${(error as Error).message}`);
      return '';
    }
  }

  /**
   * Informs the worker that runs a reply, and the API processes with listeners, that the reply was cancelled or deleted. To be
   * called after the commit. Best effort: without Redis the worker sees it when it renews its lease, and listeners when they
   * read the row again.
   */
  publishEnd(replyIds: string[]): void {
    for (const id of replyIds) {
      this.redis
        .pipeline()
        .publish(CANCEL_CHANNEL, id)
        .publish(replyChannel(id), toPublished({ kind: 'end', claim: ANY_CLAIM }))
        .exec()
        .catch((error: Error) => this.logger.debug(`the end of ${id} was not published: ${error.message}`));
    }
  }
}
