import type { GenerateContentResponse } from '@google/generative-ai';
import { classifyUpstream, type UpstreamError } from './classify.js';
import { meaningOf, readFinishReason } from './finish-reason.js';
import { GeminiError, type GeminiErrorKind, type GeminiUsage } from './gemini-error.js';
import { addUsage, type UsageMetadata } from './usage.js';

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
  usageMetadata?: UsageMetadata;
}

/** Puts the chunks of a stream together, part by part: the SDK's own sum loses parts and its `text()` shows thoughts. */
export class ResponseAccumulator {
  private text = '';
  private finishReason?: string;
  private blockReason?: string;
  private known?: GeminiUsage;

  /** The tokens that Gemini has reported so far; undefined: none yet. */
  get usage(): GeminiUsage | undefined {
    return this.known;
  }

  /**
   * Adds a chunk.
   * @returns its visible text
   * @throws {GeminiError} for an error that was sent as a chunk
   */
  add(chunk: Chunk): string {
    if (chunk.usageMetadata) this.known = addUsage(this.known, chunk.usageMetadata);
    if (chunk.error) throw classifyUpstream(chunk.error);
    const candidate = chunk.candidates?.[0];
    this.finishReason = readFinishReason(candidate?.finishReason) ?? this.finishReason;
    this.blockReason = readFinishReason(chunk.promptFeedback?.blockReason) ?? this.blockReason;
    const text = visibleText(candidate?.content?.parts);
    this.text += text;
    return text;
  }

  /**
   * The whole reply, once the stream has ended.
   * @throws {GeminiError} `blocked`, `empty`, `stopped`, `rejected` or `unavailable` when the chunks make no whole reply
   */
  result(): GeminiResult {
    const { text, finishReason, blockReason } = this;
    if (blockReason) throw this.failure('blocked', `Gemini blocked the prompt: ${blockReason}`);
    if (!finishReason) throw this.failure('unavailable', 'Gemini ended the stream without a finish reason');
    const meaning = meaningOf(finishReason);
    if (meaning === 'blocked')
      throw this.failure('blocked', `Gemini blocked the response: ${finishReason}`, finishReason);
    if (!text.trim()) {
      const kind = meaning === 'refused' ? 'rejected' : 'empty';
      throw this.failure(kind, `Gemini's response has no text: ${finishReason}`, finishReason);
    }
    if (meaning === 'stopped' || meaning === 'refused')
      throw this.failure('stopped', `Gemini ended the response early: ${finishReason}`, finishReason);
    return { text, finishReason, usage: this.known ?? addUsage(undefined, {}) };
  }

  private failure(kind: GeminiErrorKind, why: string, finishReason?: string): GeminiError {
    return new GeminiError(kind, why, {
      ...(this.known && { usage: this.known }),
      ...(finishReason && { finishReason }),
    });
  }
}

/** The text of a chunk without thoughts. */
function visibleText(parts: unknown): string {
  const list = Array.isArray(parts) ? (parts as ({ text?: unknown; thought?: boolean } | null)[]) : [];
  const texts = list.map((part) => (part && !part.thought && typeof part.text === 'string' ? part.text : ''));
  // PostgreSQL cannot store a NUL: the reply would be generated, and paid for, again and again.
  return texts.join('').replaceAll('\0', '\uFFFD');
}
