import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import type { GeminiRequest } from '../../infra/gemini/gemini.client.js';
import type { GeminiResult } from '../../infra/gemini/response-accumulator.js';
import type { RedisClient } from '../../infra/redis/connect.js';
import { REDIS } from '../../infra/redis/redis.module.js';
import { responseIndexKey, responseKey } from '../cached-keys.js';

type Conversation = Pick<GeminiRequest, 'model' | 'systemInstruction' | 'contents' | 'maxOutputTokens'>;

/**
 * Whole replies to identical conversations, for `RESPONSE_CACHE_TTL_SECONDS` (0: no cache), of one person or of all people
 * (`RESPONSE_CACHE_SCOPE`). While Redis is away nothing is found and nothing is stored.
 */
@Injectable()
export class ResponseCache {
  private readonly logger = new Logger(ResponseCache.name);

  constructor(
    @Inject(REDIS) private readonly redis: RedisClient,
    private readonly settings: Settings,
  ) {}

  /** The stored reply to this conversation, or null. */
  async find(userId: string, conversation: Conversation): Promise<GeminiResult | null> {
    if (this.settings.RESPONSE_CACHE_TTL_SECONDS === 0) return null;
    try {
      const found = await this.redis.get(responseKey(this.ownerOf(userId), digestOf(conversation)));
      return found ? (JSON.parse(found) as GeminiResult) : null;
    } catch (error) {
      this.logger.debug(`not read: ${(error as Error).message}`);
      return null;
    }
  }

  /** Stores the reply to a conversation. */
  async keep(userId: string, conversation: Conversation, result: GeminiResult): Promise<void> {
    if (this.settings.RESPONSE_CACHE_TTL_SECONDS === 0) return;
    try {
      await this.store(this.ownerOf(userId), digestOf(conversation), JSON.stringify(result));
    } catch (error) {
      this.logger.debug(`not stored: ${(error as Error).message}`);
    }
  }

  /** Takes the reply to a conversation out again. */
  async forget(userId: string, conversation: Conversation): Promise<void> {
    if (this.settings.RESPONSE_CACHE_TTL_SECONDS === 0) return;
    const owner = this.ownerOf(userId);
    const key = responseKey(owner, digestOf(conversation));
    try {
      await this.redis.unlink(key);
      if (owner !== null) await this.redis.zrem(responseIndexKey(owner), key);
    } catch (error) {
      this.logger.debug(`not taken out: ${(error as Error).message}`);
    }
  }

  /** With the response goes its entry in the person's index, by which it is found when the account is deleted. */
  private async store(userId: string | null, digest: string, json: string): Promise<void> {
    const ttl = this.settings.RESPONSE_CACHE_TTL_SECONDS;
    const key = responseKey(userId, digest);
    const pipeline = this.redis.pipeline();
    if (userId !== null) {
      const index = responseIndexKey(userId);
      const now = Math.floor(Date.now() / 1_000);
      pipeline
        .zadd(index, now, key)
        // Without this the index of an active person would grow without end. Twice the time: clocks differ.
        .zremrangebyscore(index, '-inf', now - 2 * ttl)
        .expire(index, 2 * ttl);
    }
    const results = (await pipeline.set(key, json, 'EX', ttl).exec()) ?? [];
    for (const [error] of results) if (error) throw error;
  }

  private ownerOf(userId: string): string | null {
    return this.settings.RESPONSE_CACHE_SCOPE === 'global' ? null : userId;
  }
}

function digestOf({ model, systemInstruction, contents, maxOutputTokens }: Conversation): string {
  const identity = JSON.stringify([model, systemInstruction, maxOutputTokens, contents]);
  return createHash('sha256').update(identity).digest('base64url');
}
