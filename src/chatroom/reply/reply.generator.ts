import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import type { GeminiResult } from '../../infra/gemini/response-accumulator.js';
import { GeminiClient } from '../../infra/gemini/gemini.client.js';
import { historyWindow, turnsToRead, type Window } from './history-window.js';
import type { Lease } from './lease.js';
import type { ReplyPublisher } from './reply.publisher.js';
import type { ReplyWork } from './reply.sql.js';
import { ReplyStore } from './reply.store.js';
import { ResponseCache } from './response-cache.js';

/** What one attempt is made of. */
export interface Attempt {
  lease: Lease;
  publisher: ReplyPublisher;
  model: string;
  window: Window;
}

/** The whole reply, and whether it was known before. */
export interface GeneratedReply {
  result: GeminiResult;
  cached: boolean;
}

/** Gets the text of a reply: from the cache where the very same conversation was answered before, else from Gemini. */
@Injectable()
export class ReplyGenerator {
  constructor(
    private readonly gemini: GeminiClient,
    private readonly store: ReplyStore,
    private readonly cache: ResponseCache,
    private readonly settings: Settings,
  ) {}

  /** The part of the room's history that Gemini is to see. */
  async window(work: ReplyWork): Promise<Window> {
    const { HISTORY_MAX_MESSAGES: maxMessages, HISTORY_MAX_TOKENS: maxTokens } = this.settings;
    const turns = await this.store.history(work, turnsToRead(maxMessages));
    return historyWindow(turns, work.prompt, { maxMessages, maxTokens });
  }

  /** @throws GeminiError when there is no whole reply */
  async generate({ lease, publisher, model, window }: Attempt): Promise<GeneratedReply> {
    const { work } = lease;
    const conversation = {
      model,
      systemInstruction: work.systemInstruction ?? this.settings.GEMINI_SYSTEM_INSTRUCTION,
      contents: window.contents,
      maxOutputTokens: this.settings.GEMINI_MAX_OUTPUT_TOKENS,
    };
    const known = await this.cache.find(work.userId, conversation);
    if (known) {
      publisher.add(known.text);
      return { result: known, cached: true };
    }
    const result = await this.gemini.generate({ ...conversation, signal: lease.signal }, (text) =>
      publisher.add(text),
    );
    if (result.finishReason === 'STOP') await this.cache.keep(work.userId, conversation, result);
    return { result, cached: false };
  }
}
