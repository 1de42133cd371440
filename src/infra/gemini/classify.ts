import { GeminiError, type GeminiErrorDetails, type GeminiErrorKind } from './gemini-error.js';

/** An error of Google's APIs (AIP-193), from the body of a response or from a chunk of a stream. */
export interface UpstreamError {
  code?: number | undefined;
  message?: string | undefined;
  /** `google.rpc.*` messages, distinguished by `@type`. */
  details?: unknown;
  /** What the Retry-After header of the response demands, in milliseconds. */
  retryAfterMs?: number | undefined;
}

interface Detail {
  '@type'?: string;
  reason?: string;
  retryDelay?: string;
  violations?: { quotaId?: string; quotaValue?: string | number }[];
}

/** A longer wait is treated as an exhausted quota: the user waits at a screen. */
const LONGEST_WAIT_MS = 300_000;
const LONGEST_MESSAGE = 200;
/** Statuses below 500 that say nothing about the request: timeout, ABORTED, too early, CANCELLED. */
const PASSING = new Set([408, 409, 425, 499]);

/** Classifies an error of Gemini by what the caller can do about it. */
export function classifyUpstream(error: UpstreamError): GeminiError {
  const details = readDetails(error.details);
  const facts: GeminiErrorDetails = retryAfter(details, error.retryAfterMs);
  if (error.code !== undefined) facts.status = error.code;
  if (error.code === 429) return classifyLimit(error, details, facts);
  // For an outage so long a wait is not obeyed: the service may be back before.
  if ((facts.retryAfterMs ?? 0) > LONGEST_WAIT_MS) delete facts.retryAfterMs;
  return new GeminiError(kindOf(error.code, details), describe(error), facts);
}

function kindOf(code: number | undefined, details: Detail[]): GeminiErrorKind {
  if (code === undefined || code >= 500 || PASSING.has(code)) return 'unavailable';
  if (code === 401 || code === 403) return 'bad_key';
  if (code === 404) return 'model_not_found';
  return details.some((detail) => detail.reason?.startsWith('API_KEY_')) ? 'bad_key' : 'rejected';
}

function classifyLimit(error: UpstreamError, details: Detail[], facts: GeminiErrorDetails): GeminiError {
  const violations = details.flatMap((detail) => (Array.isArray(detail.violations) ? detail.violations : []));
  const ids = violations.map((violation) => violation.quotaId ?? '');
  const never =
    /\blimit: 0(?![\d.])/.test(error.message ?? '') || violations.some((v) => String(v.quotaValue) === '0');
  const kind = never || (facts.retryAfterMs ?? 0) > LONGEST_WAIT_MS ? 'quota' : 'rate_limited';
  return new GeminiError(kind, describe(error), {
    ...facts,
    projectWide: ids.some((id) => id.includes('PerProject')),
    perDay: ids.some((id) => id.includes('PerDay')),
  });
}

/**
 * The longer of the two waits that an error may demand: its header's, and RetryInfo's, a protobuf duration such as
 * `45.837906927s`, rounded up to the millisecond so that no retry comes early.
 */
function retryAfter(details: Detail[], header: number | undefined): { retryAfterMs?: number } {
  const delay = details.find((detail) => detail['@type']?.endsWith('google.rpc.RetryInfo'))?.retryDelay;
  const match = /^(\d+(?:\.\d+)?)s$/.exec(delay ?? '');
  const waits = match ? [Math.ceil(Number((Number(match[1]) * 1000).toFixed(6)))] : [];
  if (header !== undefined) waits.push(header);
  return waits.length > 0 ? { retryAfterMs: Math.max(...waits) } : {};
}

function readDetails(details: unknown): Detail[] {
  return Array.isArray(details)
    ? details.filter((item): item is Detail => typeof item === 'object' && item !== null)
    : [];
}

/** One line for the log. Google's messages quote values of the request and sometimes the key: whatever is quoted goes. */
function describe({ code, message = '' }: UpstreamError): string {
  const line = message.split('\n', 1)[0] ?? '';
  const safe = line.replace(/(["'`]).*\1/g, '…').replace(/api_key:\S+|\bAIza[\w-]+/g, '…');
  return `Gemini answered ${code ?? 'an error'}${safe && `: ${safe.slice(0, LONGEST_MESSAGE)}`}`;
}
