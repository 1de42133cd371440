import type { GeminiError, GeminiUsage } from '../../infra/gemini/gemini-error.js';

/** The codes a failed reply may carry. */
export type FailureCode =
  | 'gemini.blocked'
  | 'gemini.empty'
  | 'gemini.quota'
  | 'gemini.unavailable'
  | 'gemini.rejected'
  | 'gemini.timeout'
  | 'reply.abandoned';

export type RetryDecision =
  | { action: 'fail'; code: FailureCode }
  /** The text that was published is the reply, incomplete: another call would end there too. */
  | { action: 'keep' }
  /** `delay`: milliseconds until the next attempt; `pause`: for how long no reply at all should be tried. */
  | { action: 'retry'; model: string; delay: number; pause: number };

export interface RetryContext {
  /** Failed calls of this run, this one included. */
  attempts: number;
  maxAttempts: number;
  model: string;
  fallbackModel: string;
  /** What the failed call had published. */
  text: string;
}

const BACKOFF_BASE = 1_000;
const BACKOFF_CAP = 60_000;

const TERMINAL: Partial<Record<GeminiError['kind'], FailureCode>> = {
  blocked: 'gemini.blocked',
  empty: 'gemini.empty',
  bad_key: 'gemini.rejected',
  rejected: 'gemini.rejected',
  quota: 'gemini.quota',
};
const EXHAUSTED: Partial<Record<GeminiError['kind'], FailureCode>> = {
  rate_limited: 'gemini.quota',
  timeout: 'gemini.timeout',
};

/** Whether Gemini gave anything for a call: text that was published, or tokens of text or thoughts that it counted. */
export function gaveAnything(text: string, usage: GeminiUsage | undefined): boolean {
  return text !== '' || (usage !== undefined && usage.outputTokens + usage.thoughtTokens > 0);
}

/**
 * What follows from a failed call. Pure: `random` is in [0, 1). What a prompt can bring about ends the reply with its first
 * call, so that no prompt makes the service pay for several: only what has nothing to do with the prompt is tried again.
 */
export function decideRetry(error: GeminiError, context: RetryContext, random: number): RetryDecision {
  const { attempts, maxAttempts, model, fallbackModel } = context;
  const ended = endedByPrompt(error, context.text);
  if (ended) return ended;
  const canFallBack = model !== fallbackModel;
  if (error.kind === 'model_not_found') {
    return canFallBack ? retry(fallbackModel, 0) : { action: 'fail', code: 'gemini.rejected' };
  }
  // A day's limit is worth one wait: it may be the minute's that shows under the day's name.
  if (error.perDay && attempts >= 2) return { action: 'fail', code: 'gemini.quota' };
  if (attempts >= maxAttempts) {
    const overloaded = error.status === 503 && canFallBack;
    return overloaded
      ? retry(fallbackModel, 0)
      : { action: 'fail', code: EXHAUSTED[error.kind] ?? 'gemini.unavailable' };
  }
  const delay = error.retryAfterMs ?? backoff(attempts, random);
  // A pause helps over a minute's limit; a day's holds whoever waits, and only holds up what it does not concern.
  const pauses = error.projectWide && !error.perDay;
  return { ...retry(model, delay), pause: pauses ? Math.min(delay, BACKOFF_CAP) : 0 };
}

/** The end of a reply whose prompt would bring the same about again; null where that is not known. */
function endedByPrompt(error: GeminiError, text: string): RetryDecision | null {
  const terminal = TERMINAL[error.kind];
  if (terminal) return { action: 'fail', code: terminal };
  // Gemini was at work for as long as a call may take, and would be again.
  const tooLong = error.overtime === true && gaveAnything(text, error.usage);
  if (error.kind !== 'stopped' && !tooLong) return null;
  return text.trim() ? { action: 'keep' } : { action: 'fail', code: 'gemini.timeout' };
}

function retry(model: string, delay: number): RetryDecision & { action: 'retry' } {
  return { action: 'retry', model, delay, pause: 0 };
}

/** Milliseconds: exponential with jitter, between half of and the whole of its step, at most a minute. */
export function backoff(attempts: number, random: number): number {
  const step = Math.min(BACKOFF_CAP, BACKOFF_BASE * 2 ** (attempts - 1));
  return Math.round(step * (0.5 + random / 2));
}
