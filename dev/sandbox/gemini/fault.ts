import { InvalidDirective, duration, integer, type Directive } from './directive.js';
import {
  FAULT_STATUSES,
  badKey,
  exhausted,
  googleError,
  unknownModel,
  type GoogleError,
} from './google-error.js';

/** The fault of a call. `after` is the number of chunks sent before it; the last chunk is never one of them. */
export type Fault =
  | { kind: 'refuse'; error: GoogleError; headers?: Record<string, string> }
  | { kind: 'block'; reason: string }
  | { kind: 'finish'; reason: string; after: number }
  | { kind: 'hang'; after: number; commentsEvery?: number }
  | { kind: 'cut' | 'unfinished'; after: number }
  | { kind: 'error-chunk'; after: number; error: GoogleError };

type Build = (directive: Directive, model: string) => Fault;

const MAX_CHUNKS = 10_000;
const after = (directive: Directive, defaultAfter: number) =>
  integer(directive.options.get('after') ?? String(defaultAfter), MAX_CHUNKS);

const refuse =
  (code: number): Build =>
  (directive) => ({
    kind: 'refuse',
    error: withRetry(googleError(code), directive),
    headers: retryHeader(directive),
  });

const finish =
  (reason: string, defaultAfter = 0): Build =>
  (directive) => ({ kind: 'finish', reason, after: after(directive, defaultAfter) });

const interrupt =
  (kind: 'cut' | 'unfinished', defaultAfter: number): Build =>
  (directive) => ({ kind, after: after(directive, defaultAfter) });

function withRetry(error: GoogleError, { options }: Directive): GoogleError {
  const retry = options.get('retry');
  if (!retry) return error;
  const retryDelay = `${duration(retry) / 1000}s`;
  return { ...error, details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay }] };
}

function hang(directive: Directive): Fault {
  const comments = directive.options.get('comments');
  return { kind: 'hang', after: after(directive, 0), ...(comments && { commentsEvery: duration(comments) }) };
}

/** `header=2s` is a Retry-After of seconds, `date=2s` one of a date. */
function retryHeader({ options }: Directive): Record<string, string> {
  const [seconds, date] = [options.get('header'), options.get('date')];
  if (seconds) return { 'retry-after': String(duration(seconds) / 1000) };
  return date ? { 'retry-after': new Date(Date.now() + duration(date)).toUTCString() } : {};
}

function rateLimited({ options }: Directive, model: string): Fault {
  const quota = options.get('quota') ?? 'minute';
  if (quota !== 'minute' && quota !== 'day' && quota !== 'shared') throw new InvalidDirective(quota);
  const retry = options.get('retry') ?? '1s';
  const retryMs = retry === 'none' ? undefined : duration(retry);
  const limit = integer(options.get('limit') ?? '15', 1_000_000);
  return { kind: 'refuse', error: exhausted({ model, quota, limit, retryMs }) };
}

function errorChunk(directive: Directive): Fault {
  const code = integer(directive.options.get('status') ?? '503', 599);
  return { kind: 'error-chunk', after: after(directive, 2), error: googleError(code) };
}

const FAULTS = new Map<string, Build>([
  ...FAULT_STATUSES.map((code) => [String(code), refuse(code)] as const),
  ['429', rateLimited],
  ['404', (_, model) => ({ kind: 'refuse', error: unknownModel(model, 'generateContent') })],
  ['bad-key', () => ({ kind: 'refuse', error: badKey() })],
  ['hang', hang],
  ['cut', interrupt('cut', 2)],
  ['unfinished', interrupt('unfinished', 2)],
  ['error-chunk', errorChunk],
  ['safety', finish('SAFETY')],
  ['prohibited', finish('PROHIBITED_CONTENT')],
  ['recitation', finish('RECITATION')],
  ['tool-call', finish('UNEXPECTED_TOOL_CALL', 2)],
  ['malformed-call', finish('MALFORMED_FUNCTION_CALL', 2)],
  ['max-tokens', finish('MAX_TOKENS', 2)],
  ['empty', () => ({ kind: 'finish', reason: 'STOP', after: 0 })],
  ['finish', (directive, model) => finish(upperWord(directive.words[0]))(directive, model)],
  ['block', ({ words }) => ({ kind: 'block', reason: upperWord(words[0] ?? 'SAFETY') })],
]);

function upperWord(word = ''): string {
  if (!/^\w+$/.test(word)) throw new InvalidDirective(`${word} is no reason`);
  return word.toUpperCase();
}

/** Null when the directive is none of the faults. */
export function faultOf(directive: Directive, model: string): Fault | null {
  return FAULTS.get(directive.name)?.(directive, model) ?? null;
}
