import { Injectable } from '@nestjs/common';
import { failpoint } from '../../common/failpoint.js';
import { Settings } from '../../config/settings.js';
import type { GeminiResult } from '../../infra/gemini/response-accumulator.js';
import { GeminiClient } from '../../infra/gemini/gemini.client.js';
import type { Window } from './history-window.js';
import type { Lease } from '../../infra/work/define-work.js';
import type { ReplyPublisher } from './reply.publisher.js';
import type { ReplyItem } from './reply.sql.js';
import { ResponseCache } from './response-cache.js';

/** What one attempt is made of. */
export interface Attempt {
  lease: Lease<ReplyItem>;
  publisher: ReplyPublisher;
  model: string;
  window: Window;
}

/** The whole reply, and whether it was known before. */
export interface GeneratedReply {
  result: GeminiResult;
  cached: boolean;
  /** To be called when the reply is not stored: it is not kept for later prompts either. */
  discard?: () => Promise<void>;
}

/** Gets the text of a reply: from the cache where the very same conversation was answered before, else from Gemini. */
@Injectable()
export class ReplyGenerator {
  constructor(
    private readonly gemini: GeminiClient,
    private readonly cache: ResponseCache,
    private readonly settings: Settings,
  ) {}

  /** @throws GeminiError when there is no whole reply */
  async generate({ lease, publisher, model, window }: Attempt): Promise<GeneratedReply> {
    const { item } = lease;
    const conversation = {
      model,
      systemInstruction: item.systemInstruction ?? this.settings.GEMINI_SYSTEM_INSTRUCTION,
      contents: window.contents,
      maxOutputTokens: this.settings.GEMINI_MAX_OUTPUT_TOKENS,
    };
    const known = await this.cache.find(item.userId, conversation);
    if (known) {
      publisher.add(known.text);
      return { result: known, cached: true };
    }
    const result = await this.gemini.generate({ ...conversation, signal: lease.signal }, (text) =>
      publisher.add(text),
    );
    failpoint('reply.generated');
    if (result.finishReason === 'STOP') await this.cache.keep(item, conversation, result);
    return { result, cached: false, discard: () => this.cache.forget(item, conversation) };
  }
}
