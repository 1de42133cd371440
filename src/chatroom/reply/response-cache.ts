import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import type { GeminiRequest } from '../../infra/gemini/gemini.client.js';
import type { GeminiResult } from '../../infra/gemini/response-accumulator.js';
import type { RedisClient } from '../../infra/redis/connect.js';
import { REDIS } from '../../infra/redis/redis.module.js';
import { responseIndexKey, responseIndexMember, responseKey } from '../cached-keys.js';

/** Whose prompt a reply was generated for, and in which room. */
export interface ResponseOrigin {
  userId: string;
  chatroomId: string;
}

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
  async keep(origin: ResponseOrigin, conversation: Conversation, result: GeminiResult): Promise<void> {
    if (this.settings.RESPONSE_CACHE_TTL_SECONDS === 0) return;
    try {
      const key = responseKey(this.ownerOf(origin.userId), digestOf(conversation));
      await this.store(origin, key, JSON.stringify(result));
    } catch (error) {
      this.logger.debug(`not stored: ${(error as Error).message}`);
    }
  }

  /** Takes the reply to a conversation out again. */
  async forget({ userId, chatroomId }: ResponseOrigin, conversation: Conversation): Promise<void> {
    if (this.settings.RESPONSE_CACHE_TTL_SECONDS === 0) return;
    const key = responseKey(this.ownerOf(userId), digestOf(conversation));
    try {
      await this.redis.unlink(key);
      await this.redis.zrem(responseIndexKey(userId), responseIndexMember(chatroomId, key));
    } catch (error) {
      this.logger.debug(`not taken out: ${(error as Error).message}`);
    }
  }

  /** The entry in the person's index comes first: by it the response is found when the room or the account is deleted. */
  private async store({ userId, chatroomId }: ResponseOrigin, key: string, json: string): Promise<void> {
    const ttl = this.settings.RESPONSE_CACHE_TTL_SECONDS;
    const index = responseIndexKey(userId);
    const now = Math.floor(Date.now() / 1_000);
    const entry = this.redis
      .pipeline()
      .zadd(index, now, responseIndexMember(chatroomId, key))
      // Without this the index of an active person would grow without end. Twice the time: clocks differ.
      .zremrangebyscore(index, '-inf', now - 2 * ttl)
      .expire(index, 2 * ttl);
    for (const [error] of (await entry.exec()) ?? []) if (error) throw error;
    await this.redis.set(key, json, 'EX', ttl);
  }

  private ownerOf(userId: string): string | null {
    return this.settings.RESPONSE_CACHE_SCOPE === 'global' ? null : userId;
  }
}

function digestOf({ model, systemInstruction, contents, maxOutputTokens }: Conversation): string {
  const identity = JSON.stringify([model, systemInstruction, maxOutputTokens, contents]);
  return createHash('sha256').update(identity).digest('base64url');
}
