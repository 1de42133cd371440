import { Inject, Injectable, Logger } from '@nestjs/common';
import type { RedisClient } from '../infra/redis/connect.js';
import { REDIS } from '../infra/redis/redis.module.js';
import { fromStreamFields, replyStreamKey } from './reply-channel.js';

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
