import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import type { GeminiResult } from '../../infra/gemini/response-accumulator.js';
import type { GeminiRequest } from '../../infra/gemini/gemini.client.js';
import type { RedisClient } from '../../infra/redis/connect.js';
import { REDIS } from '../../infra/redis/redis.module.js';

type Conversation = Pick<GeminiRequest, 'model' | 'systemInstruction' | 'contents' | 'maxOutputTokens'>;

/** Whole replies to identical conversations. Redis may be away: then nothing is found and nothing kept. */
@Injectable()
export class ResponseCache {
  private readonly logger = new Logger(ResponseCache.name);

  constructor(
    @Inject(REDIS) private readonly redis: RedisClient,
    private readonly settings: Settings,
  ) {}

  async find(userId: string, conversation: Conversation): Promise<GeminiResult | null> {
    if (this.settings.RESPONSE_CACHE_TTL_SECONDS === 0) return null;
    try {
      const found = await this.redis.get(this.key(userId, conversation));
      return found ? (JSON.parse(found) as GeminiResult) : null;
    } catch (error) {
      this.logger.debug(`not looked up: ${(error as Error).message}`);
      return null;
    }
  }

  async keep(userId: string, conversation: Conversation, result: GeminiResult): Promise<void> {
    const ttl = this.settings.RESPONSE_CACHE_TTL_SECONDS;
    if (ttl === 0) return;
    try {
      await this.redis.set(this.key(userId, conversation), JSON.stringify(result), 'EX', ttl);
    } catch (error) {
      this.logger.debug(`not kept: ${(error as Error).message}`);
    }
  }

  /** Names its person, so that it can be found when they are deleted. */
  private key(userId: string, { model, systemInstruction, contents, maxOutputTokens }: Conversation): string {
    const scope = this.settings.RESPONSE_CACHE_SCOPE === 'global' ? '' : userId;
    const identity = JSON.stringify([model, systemInstruction, maxOutputTokens, contents]);
    return `response:${scope}:${createHash('sha256').update(identity).digest('base64url')}`;
  }
}
