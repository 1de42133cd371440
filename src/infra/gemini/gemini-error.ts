/** Tokens as Gemini counted them; `cachedTokens` are a share of `promptTokens`. */
export interface GeminiUsage {
  promptTokens: number;
  outputTokens: number;
  thoughtTokens: number;
  cachedTokens: number;
  totalTokens: number;
}

/**
 * - `blocked`: the prompt or the response was refused for its content
 * - `empty`: a response without visible text
 * - `stopped`: the response ends early, after visible text, and would end there again
 * - `bad_key`, `rejected`, `model_not_found`: the request as it is will never succeed
 * - `rate_limited`: worth waiting for; `quota`: not within any useful time
 * - `unavailable`: 5xx, network, a stream that is cut, broken or without an end
 * - `timeout`: no data for too long, or not finished in time; `aborted`: by the caller
 */
export type GeminiErrorKind =
  | 'blocked'
  | 'empty'
  | 'stopped'
  | 'bad_key'
  | 'rejected'
  | 'model_not_found'
  | 'rate_limited'
  | 'quota'
  | 'unavailable'
  | 'timeout'
  | 'aborted';

export interface GeminiErrorDetails {
  /** HTTP status, or the code of an error sent in mid-stream. */
  status?: number;
  /** The wait that Gemini demands, in milliseconds; 0: none any more, undefined: none was given. */
  retryAfterMs?: number;
  /** The limit is the project's: other calls to this model will hit it too. */
  projectWide?: boolean;
  /** The limit is the day's. One wait is worth it, a second is not. */
  perDay?: boolean;
  /** The whole-call limit ended it, not a silence. */
  overtime?: boolean;
  /** Why Gemini ended the response, where it did. */
  finishReason?: string;
  /** What Gemini had used when the call failed, as far as it said. */
  usage?: GeminiUsage;
}

/** Why a reply could not be generated. Its message holds no part of any conversation and no key. */
export class GeminiError extends Error {
  override readonly name = 'GeminiError';
  readonly status?: number;
  readonly retryAfterMs?: number;
  readonly projectWide?: boolean;
  readonly perDay?: boolean;
  readonly overtime?: boolean;
  readonly finishReason?: string;
  usage?: GeminiUsage;

  constructor(
    readonly kind: GeminiErrorKind,
    message: string,
    details: GeminiErrorDetails = {},
  ) {
    super(message);
    Object.assign(this, details);
  }
}
