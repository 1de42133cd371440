/** Tokens as Gemini counted them; `cachedTokens` are a share of `promptTokens`. */
export interface GeminiUsage {
  promptTokens: number;
  outputTokens: number;
  thoughtTokens: number;
  cachedTokens: number;
  totalTokens: number;
}

/**
 * - `blocked`: the prompt or the answer was refused for what it says
 * - `empty`: an answer without any visible text
 * - `bad_key`, `rejected`, `model_not_found`: the request as it is will never succeed
 * - `rate_limited`: worth waiting for; `quota`: not within any useful time
 * - `unavailable`: 5xx, network, a cut or broken stream
 * - `timeout`: nothing heard for too long, or not done in time; `aborted`: our own caller hung up
 */
export type GeminiErrorKind =
  | 'blocked'
  | 'empty'
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
  /** How long Gemini asks to wait, in milliseconds. Zero is a wait that is over; undefined is no advice. */
  retryAfterMs?: number;
  /** The limit is the project's: other calls to this model will hit it too. */
  projectWide?: boolean;
  /** The limit is the day's. One wait is worth it, a second is not. */
  perDay?: boolean;
  usage?: GeminiUsage;
}

/** Why a reply could not be generated. Its message holds no part of any conversation and no key. */
export class GeminiError extends Error {
  override readonly name = 'GeminiError';
  readonly status?: number;
  readonly retryAfterMs?: number;
  readonly projectWide?: boolean;
  readonly perDay?: boolean;
  readonly usage?: GeminiUsage;

  constructor(
    readonly kind: GeminiErrorKind,
    message: string,
    details: GeminiErrorDetails = {},
  ) {
    super(message);
    Object.assign(this, details);
  }
}
