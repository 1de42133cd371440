import type { GeminiResult } from '../../infra/gemini/response-accumulator.js';
import type { GeminiError, GeminiUsage } from '../../infra/gemini/gemini-error.js';
import type { ResultValues } from './reply.sql.js';
import { gaveAnything, type FailureCode } from './retry-decision.js';

/** How a reply ends. */
export interface ReplyResult {
  status: 'completed' | 'failed' | 'incomplete';
  content: string | null;
  error: { code: string; message: string } | null;
  finishReason: string | null;
  model: string;
  usage: GeminiUsage | null;
  cached: boolean;
  contextTrimmed: boolean;
  /** Gives the unit back to the day it was taken from, unless an earlier attempt produced something or that day has had its refunds. */
  refund: boolean;
}

/** What a person reads beside the code. */
const MESSAGES: Record<FailureCode, string> = {
  'gemini.blocked': 'Gemini refused to answer this.',
  'gemini.empty': 'Gemini answered with nothing.',
  'gemini.quota': 'Gemini has no capacity left for us right now. Try again later.',
  'gemini.unavailable': 'Gemini could not be reached. Try again later.',
  'gemini.rejected': 'Gemini did not accept the request.',
  'gemini.timeout': 'Gemini took too long.',
  'reply.abandoned': 'The reply was interrupted too often.',
};

interface AttemptFacts {
  model: string;
  contextTrimmed: boolean;
}

export function finished(
  result: GeminiResult,
  cached: boolean,
  { model, contextTrimmed }: AttemptFacts,
): ReplyResult {
  return {
    status: result.finishReason === 'STOP' ? 'completed' : 'incomplete',
    content: result.text,
    error: null,
    finishReason: result.finishReason,
    model,
    usage: result.usage,
    cached,
    contextTrimmed,
    refund: false,
  };
}

/** A reply that Gemini, or the limit of a call, ended early for good: its text is kept. */
export function kept(text: string, error: GeminiError, { model, contextTrimmed }: AttemptFacts): ReplyResult {
  return {
    status: 'incomplete',
    content: text,
    error: null,
    finishReason: error.finishReason ?? null,
    model,
    usage: error.usage ?? null,
    cached: false,
    contextTrimmed,
    refund: false,
  };
}

/**
 * A failure is refunded where Gemini gave nothing. What it blocked was answered.
 * @param text what the last call had published
 */
export function failed(
  code: FailureCode,
  { model, contextTrimmed }: AttemptFacts,
  error?: GeminiError,
  text = '',
): ReplyResult {
  return {
    status: 'failed',
    content: null,
    error: { code, message: MESSAGES[code] },
    finishReason: null,
    model,
    usage: error?.usage ?? null,
    cached: false,
    contextTrimmed,
    refund: code !== 'gemini.blocked' && !gaveAnything(text, error?.usage),
  };
}

/** The values of FINISH_REPLY from $3 to $16. */
export function toColumns({ usage, error, ...result }: ReplyResult): ResultValues {
  return [
    result.status,
    result.content,
    error?.code ?? null,
    error?.message ?? null,
    result.finishReason,
    result.model,
    usage?.promptTokens ?? null,
    usage?.outputTokens ?? null,
    usage?.thoughtTokens ?? null,
    usage?.cachedTokens ?? null,
    usage?.totalTokens ?? null,
    result.cached,
    result.refund,
    result.contextTrimmed,
  ];
}
