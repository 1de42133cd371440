import type { GeminiUsage } from './gemini-error.js';

/** Tokens as they are on the wire. Every count is optional there, and a zero is left out. */
export interface UsageMetadata {
  promptTokenCount?: number;
  candidatesTokenCount?: number;
  thoughtsTokenCount?: number;
  cachedContentTokenCount?: number;
  totalTokenCount?: number;
}

/** The largest number that the column of a count holds. */
const LARGEST = 2 ** 31 - 1;

/**
 * The best known usage after one more chunk. Counts only grow within a response, and the last chunk may lack some of them:
 * each keeps the highest value that was reported, and the total is at least the sum of its parts.
 */
export function addUsage(known: GeminiUsage | undefined, reported: UsageMetadata): GeminiUsage {
  const best = (before: number | undefined, value: unknown) => Math.max(before ?? 0, readCount(value));
  const promptTokens = best(known?.promptTokens, reported.promptTokenCount);
  const outputTokens = best(known?.outputTokens, reported.candidatesTokenCount);
  const thoughtTokens = best(known?.thoughtTokens, reported.thoughtsTokenCount);
  const sum = Math.min(LARGEST, promptTokens + outputTokens + thoughtTokens);
  return {
    promptTokens,
    outputTokens,
    thoughtTokens,
    cachedTokens: best(known?.cachedTokens, reported.cachedContentTokenCount),
    totalTokens: Math.max(sum, best(known?.totalTokens, reported.totalTokenCount)),
  };
}

function readCount(value: unknown): number {
  return typeof value === 'number' && value > 0 ? Math.min(LARGEST, Math.floor(value)) : 0;
}
