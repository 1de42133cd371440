import type { GeminiResult } from '../../infra/gemini/response-accumulator.js';
import type { GeminiError } from '../../infra/gemini/gemini-error.js';
import type { FailureCode } from './retry-decision.js';
import type { ReplyResult } from './reply.store.js';

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
  const cut = result.finishReason === 'MAX_TOKENS';
  return {
    status: cut ? 'incomplete' : 'completed',
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

/** Every failure is refunded, but for what Gemini refused for its content: that prompt was answered. */
export function failed(
  code: FailureCode,
  { model, contextTrimmed }: AttemptFacts,
  error?: GeminiError,
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
    refund: code !== 'gemini.blocked',
  };
}
