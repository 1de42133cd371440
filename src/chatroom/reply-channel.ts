import { Inject, Injectable, Logger } from '@nestjs/common';
import type { RedisClient } from '../infra/redis/connect.js';
import { REDIS } from '../infra/redis/redis.module.js';

/**
 * What the worker publishes of a running reply and the API reads: a Redis stream to replay, a channel of the same entries to follow.
 * Only PostgreSQL says how a reply ended; an `end` entry is a hint to look there.
 */
export type ReplyEntry =
  /** A claim begins to generate: what earlier claims published is void. `attempt` counts from 1 within a run. */
  | { kind: 'begin'; claim: number; attempt: number }
  /** `text` stands at `offset` (UTF-16 code units) of the text generated under `claim`. */
  | { kind: 'delta'; claim: number; attempt: number; offset: number; text: string }
  | { kind: 'end'; claim: number };

/** The stream of one reply. The braces keep its keys in one slot of a Redis Cluster. */
export const replyStreamKey = (replyId: string) => `{reply:${replyId}}:stream`;

/** Where the same entries are published as they come, as JSON. */
export const replyChannel = (replyId: string) => `reply:${replyId}`;

/** Where a cancellation is told to whichever worker runs the reply: the message is the reply's id. */
export const CANCEL_CHANNEL = 'reply-cancel';

/** About so many entries are kept. The whole text is published again twice as often, so that the rest always tells it all. */
export const REPLY_STREAM_LENGTH = 256;

/** Seconds a stream outlives its last entry. */
export const REPLY_STREAM_LIFE = 600;

/** The one field of a Redis stream entry. */
const FIELD = 'e';

export const toStreamFields = (entry: ReplyEntry): [string, string] => [FIELD, JSON.stringify(entry)];

export const fromStreamFields = (fields: string[]): ReplyEntry => JSON.parse(fields[1] ?? '') as ReplyEntry;

export const toPublished = (entry: ReplyEntry): string => JSON.stringify(entry);

export const fromPublished = (message: string): ReplyEntry => JSON.parse(message) as ReplyEntry;

/** What was published of a reply. Redis may be away. */
@Injectable()
export class PublishedText {
  private readonly logger = new Logger(PublishedText.name);

  constructor(@Inject(REDIS) private readonly redis: RedisClient) {}

  /** The text published under a claim so far; empty when there is none, or no Redis to ask. */
  async read(replyId: string, claim: number): Promise<string> {
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
}

/** More than any claim: whoever listens looks at the row, whatever it has heard so far. */
const ANY_CLAIM = 999_999_999;

/** Tells whichever worker runs a reply, and whoever listens to it, that it is gone. */
@Injectable()
export class ReplyEndNotifier {
  private readonly logger = new Logger(ReplyEndNotifier.name);

  constructor(@Inject(REDIS) private readonly redis: RedisClient) {}

  /** Best effort, after the row has said so: a worker that does not hear it learns it from the row. */
  stop(replyIds: string[]): void {
    for (const id of replyIds) {
      this.redis
        .pipeline()
        .publish(CANCEL_CHANNEL, id)
        .publish(replyChannel(id), toPublished({ kind: 'end', claim: ANY_CLAIM }))
        .exec()
        .catch((error: Error) => this.logger.debug(`nobody was told that ${id} is gone: ${error.message}`));
    }
  }
}
