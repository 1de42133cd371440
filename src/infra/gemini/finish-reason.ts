/**
 * What a finish reason of Gemini says about the response before it.
 * - `whole`: the response is complete
 * - `cut`: complete but for its length
 * - `stopped`: Gemini would stop there again, so the text before it is all there will be; without text there is nothing
 * - `refused`: the same, but that without text the request was at fault
 * - `blocked`: the response was withheld for its content, with the text before it
 */
type FinishMeaning = 'whole' | 'cut' | 'stopped' | 'refused' | 'blocked';

/** All of the REST API v1beta but FINISH_REASON_UNSPECIFIED, which is the lack of one. */
const MEANINGS = new Map<string, FinishMeaning>([
  ['STOP', 'whole'],
  ['MAX_TOKENS', 'cut'],
  ['SAFETY', 'blocked'],
  ['RECITATION', 'blocked'],
  ['LANGUAGE', 'blocked'],
  ['BLOCKLIST', 'blocked'],
  ['PROHIBITED_CONTENT', 'blocked'],
  ['SPII', 'blocked'],
  ['IMAGE_SAFETY', 'blocked'],
  ['IMAGE_PROHIBITED_CONTENT', 'blocked'],
  ['IMAGE_RECITATION', 'blocked'],
  ['IMAGE_OTHER', 'stopped'],
  ['NO_IMAGE', 'stopped'],
  ['MALFORMED_FUNCTION_CALL', 'stopped'],
  ['UNEXPECTED_TOOL_CALL', 'stopped'],
  ['TOO_MANY_TOOL_CALLS', 'stopped'],
  ['MALFORMED_RESPONSE', 'stopped'],
  ['MISSING_THOUGHT_SIGNATURE', 'refused'],
  ['OTHER', 'stopped'],
]);

const UNSPECIFIED = 'FINISH_REASON_UNSPECIFIED';

/** The meaning of a finish reason; one that is not known here stops too, since the prompt may be what provokes it. */
export function meaningOf(finishReason: string): FinishMeaning {
  return MEANINGS.get(finishReason) ?? 'stopped';
}

/** A finish reason as it is stored and shown: what Gemini sent, where that looks like one. */
export function readFinishReason(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '' || value === UNSPECIFIED) return undefined;
  return typeof value === 'string' && /^[A-Z][A-Z_]{0,63}$/.test(value) ? value : 'OTHER';
}
