import { duration, integer, type Directive } from './directive.js';
import { GOOGLE_FORM, readForm, type EventForm } from './event-form.js';

/** How a reply is sent, and its text. */
export interface Style {
  latencyMs: number;
  chunkDelayMs: number;
  chunks?: number;
  partsPerChunk: number;
  thoughts: number;
  cachedTokens: number;
  /** The number of filler words that make the reply. */
  words?: number;
  /** The text of the reply. */
  say?: string;
  /** Events are sent in two pieces, split inside a multi-byte character. */
  splitBytes: boolean;
  /** The text of each chunk is the time of its sending. */
  clock: boolean;
  form: EventForm;
  /** Every chunk has the finish reason of the last one. */
  finishAlways: boolean;
  /** The last chunk reports the prompt's tokens only. */
  partialUsage: boolean;
}

const LIMITS = { chunks: 10_000, parts: 100, thoughts: 1_000, cached: 10_000_000, words: 200_000 };
const EMOJI = 'नमस्ते 👩‍👩‍👧‍👦 héllo 🏳️‍🌈 世界 مرحبا 👍🏽 — “ok” \u2028 𝒢𝑒𝓂𝒾𝓃𝒾';

type Apply = (style: Style, directive: Directive) => void;

const STYLES = new Map<string, Apply>([
  ['latency', (style, { words }) => (style.latencyMs = duration(words[0] ?? '1s'))],
  ['slow', slow],
  ['parts', (style, { words }) => (style.partsPerChunk = integer(words[0] ?? '3', LIMITS.parts))],
  ['thoughts', (style, { words }) => (style.thoughts = integer(words[0] ?? '2', LIMITS.thoughts))],
  ['cached', (style, { words }) => (style.cachedTokens = integer(words[0] ?? '16', LIMITS.cached))],
  ['words', (style, { words }) => (style.words = integer(words[0] ?? '500', LIMITS.words))],
  ['say', (style, { rest }) => (style.say = rest)],
  ['unicode', unicode],
  ['clock', (style) => (style.clock = true)],
  ['form', (style, { words }) => (style.form = readForm(words))],
  ['finish-always', (style) => (style.finishAlways = true)],
  ['partial-usage', (style) => (style.partialUsage = true)],
]);

function slow(style: Style, { options }: Directive): void {
  style.chunks = Math.max(1, integer(options.get('chunks') ?? '20', LIMITS.chunks));
  style.chunkDelayMs = duration(options.get('delay') ?? '250ms');
}

function unicode(style: Style): void {
  style.say = EMOJI;
  style.chunks = [...EMOJI].length;
  style.splitBytes = true;
}

export function plainStyle(chunkDelayMs: number): Style {
  return {
    latencyMs: 0,
    chunkDelayMs,
    partsPerChunk: 1,
    thoughts: 0,
    cachedTokens: 0,
    splitBytes: false,
    clock: false,
    form: GOOGLE_FORM,
    finishAlways: false,
    partialUsage: false,
  };
}

/** Applies a directive about style. @returns false when it is another directive */
export function applyStyle(style: Style, directive: Directive): boolean {
  const apply = STYLES.get(directive.name);
  apply?.(style, directive);
  return apply !== undefined;
}

export function isStyle(name: string): boolean {
  return STYLES.has(name);
}
