import type { GenerateContentResponse } from '@google/generative-ai';
import { classifyUpstream, type UpstreamError } from './classify.js';
import { GeminiError, type GeminiUsage } from './gemini-error.js';

export interface GeminiResult {
  text: string;
  /** `STOP`, or `MAX_TOKENS` when the text was cut short. */
  finishReason: string;
  usage: GeminiUsage;
}

/** What the wire carries beyond the SDK's types. */
export interface Chunk extends Omit<
  GenerateContentResponse,
  'usageMetadata' | 'text' | 'functionCall' | 'functionCalls'
> {
  error?: UpstreamError;
  usageMetadata?: {
    promptTokenCount?: number;
    candidatesTokenCount?: number;
    thoughtsTokenCount?: number;
    cachedContentTokenCount?: number;
    totalTokenCount?: number;
  };
}

const BLOCKED = new Set([
  'SAFETY',
  'PROHIBITED_CONTENT',
  'BLOCKLIST',
  'SPII',
  'RECITATION',
  'LANGUAGE',
  'IMAGE_SAFETY',
]);

/** Puts the chunks of a stream together, part by part: the SDK's own sum loses parts and its `text()` shows thoughts. */
export class ResponseAccumulator {
  private text = '';
  private finishReason?: string;
  private blockReason?: string;
  private usage: GeminiUsage = {
    promptTokens: 0,
    outputTokens: 0,
    thoughtTokens: 0,
    cachedTokens: 0,
    totalTokens: 0,
  };

  /** Whether Gemini has given the reason of the end: a later error of the connection changes nothing. */
  get finished(): boolean {
    return this.finishReason !== undefined || this.blockReason !== undefined;
  }

  /**
   * Adds a chunk.
   * @returns its visible text
   * @throws {GeminiError} for an error that was sent as a chunk
   */
  add(chunk: Chunk): string {
    if (chunk.error) throw classifyUpstream(chunk.error);
    const candidate = chunk.candidates?.[0];
    this.finishReason = candidate?.finishReason ?? this.finishReason;
    this.blockReason = chunk.promptFeedback?.blockReason ?? this.blockReason;
    if (chunk.usageMetadata) this.usage = readUsage(chunk.usageMetadata);
    const parts: { text?: string; thought?: boolean }[] = candidate?.content?.parts ?? [];
    const text = parts.map((part) => (part.thought ? '' : (part.text ?? ''))).join('');
    // PostgreSQL cannot store a NUL: the reply would be generated, and paid for, again and again.
    const visible = text.replaceAll('\0', '\uFFFD');
    this.text += visible;
    return visible;
  }

  /**
   * The whole reply, once the stream has ended.
   * @throws {GeminiError} `blocked`, `empty` or `unavailable` when the chunks make no reply
   */
  result(): GeminiResult {
    const { text, finishReason, usage } = this;
    const fail = (kind: 'blocked' | 'empty' | 'unavailable', why: string) =>
      new GeminiError(kind, why, { usage });
    if (this.blockReason) throw fail('blocked', `Gemini blocked the prompt: ${this.blockReason}`);
    if (!finishReason) throw fail('unavailable', 'Gemini ended the stream without a finish reason');
    if (BLOCKED.has(finishReason)) throw fail('blocked', `Gemini blocked the response: ${finishReason}`);
    if (!text.trim()) throw fail('empty', `Gemini's response has no text: ${finishReason}`);
    if (finishReason !== 'STOP' && finishReason !== 'MAX_TOKENS') {
      throw fail('unavailable', `Gemini ended the response early: ${finishReason}`);
    }
    return { text, finishReason, usage };
  }
}

function readUsage(usage: NonNullable<Chunk['usageMetadata']>): GeminiUsage {
  return {
    promptTokens: usage.promptTokenCount ?? 0,
    outputTokens: usage.candidatesTokenCount ?? 0,
    thoughtTokens: usage.thoughtsTokenCount ?? 0,
    cachedTokens: usage.cachedContentTokenCount ?? 0,
    totalTokens: usage.totalTokenCount ?? 0,
  };
}
