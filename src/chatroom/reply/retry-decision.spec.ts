import {
  GeminiError,
  type GeminiErrorDetails,
  type GeminiErrorKind,
} from '../../infra/gemini/gemini-error.js';
import { backoff, decideRetry, gaveAnything, type RetryContext } from './retry-decision.js';

const first: RetryContext = { attempts: 1, maxAttempts: 5, model: 'flash', fallbackModel: 'lite', text: '' };
const last = { ...first, attempts: 5 };
const error = (kind: GeminiErrorKind, details: GeminiErrorDetails = {}) =>
  new GeminiError(kind, 'x', details);

const usage = (outputTokens: number, thoughtTokens: number) => ({
  promptTokens: 9,
  outputTokens,
  thoughtTokens,
  cachedTokens: 0,
  totalTokens: 9 + outputTokens + thoughtTokens,
});

describe('whether Gemini gave anything', () => {
  it.each([
    ['text', 'a', undefined, true],
    ['blanks', ' ', undefined, true],
    ['tokens of text', '', usage(1, 0), true],
    ['tokens of thoughts', '', usage(0, 1), true],
    ['tokens of the prompt alone', '', usage(0, 0), false],
    ['nothing', '', undefined, false],
  ])('%s', (_name, text, reported, gave) => {
    expect(gaveAnything(text, reported)).toBe(gave);
  });
});

describe('what a prompt can bring about ends with the first call', () => {
  it('a stop after text keeps the text', () => {
    expect(decideRetry(error('stopped'), { ...first, text: 'some text' }, 0)).toEqual({ action: 'keep' });
  });

  it('a call that was at work for as long as it may keeps its text', () => {
    const overtime = error('timeout', { overtime: true });
    expect(decideRetry(overtime, { ...first, text: 'some text' }, 0)).toEqual({ action: 'keep' });
  });

  it('a call that thought for as long as it may, or wrote blanks, has failed', () => {
    const fail = { action: 'fail', code: 'gemini.timeout' };
    expect(decideRetry(error('timeout', { overtime: true, usage: usage(0, 7) }), first, 0)).toEqual(fail);
    expect(decideRetry(error('timeout', { overtime: true }), { ...first, text: '\n' }, 0)).toEqual(fail);
  });

  it('a call that gave nothing for as long as it may, or fell silent after text, is tried again', () => {
    expect(decideRetry(error('timeout', { overtime: true }), first, 0)).toMatchObject({ action: 'retry' });
    const silent = error('timeout', { overtime: false, usage: usage(5, 0) });
    expect(decideRetry(silent, { ...first, text: 'some text' }, 0)).toMatchObject({ action: 'retry' });
  });
});

describe('judge', () => {
  it.each([
    ['blocked', 'gemini.blocked'],
    ['empty', 'gemini.empty'],
    ['bad_key', 'gemini.rejected'],
    ['rejected', 'gemini.rejected'],
    ['quota', 'gemini.quota'],
  ] as const)('%s is final at once', (kind, code) => {
    expect(decideRetry(error(kind), first, 0)).toEqual({ action: 'fail', code });
  });

  it.each([
    ['rate_limited', 'gemini.quota'],
    ['unavailable', 'gemini.unavailable'],
    ['timeout', 'gemini.timeout'],
  ] as const)('%s is tried again until the attempts are used up', (kind, code) => {
    expect(decideRetry(error(kind), { ...first, attempts: 4 }, 0)).toMatchObject({
      action: 'retry',
      model: 'flash',
    });
    expect(decideRetry(error(kind), last, 0)).toEqual({ action: 'fail', code });
  });

  it('lets the fallback serve at once when the model is unknown, and rejects when that is unknown too', () => {
    expect(decideRetry(error('model_not_found', { status: 404 }), first, 0)).toEqual({
      action: 'retry',
      model: 'lite',
      delay: 0,
      pause: 0,
    });
    expect(decideRetry(error('model_not_found'), { ...first, model: 'lite' }, 0)).toEqual({
      action: 'fail',
      code: 'gemini.rejected',
    });
  });

  it('lets the fallback serve when 503 outlasts the attempts, once', () => {
    const overloaded = error('unavailable', { status: 503 });
    expect(decideRetry(overloaded, last, 0)).toEqual({ action: 'retry', model: 'lite', delay: 0, pause: 0 });
    expect(decideRetry(overloaded, { ...last, attempts: 6, model: 'lite' }, 0)).toEqual({
      action: 'fail',
      code: 'gemini.unavailable',
    });
    expect(decideRetry(error('unavailable', { status: 500 }), last, 0)).toMatchObject({ action: 'fail' });
  });

  it('waits exactly as long as Gemini asks, also longer than the cap and also not at all', () => {
    expect(decideRetry(error('rate_limited', { retryAfterMs: 45_838 }), first, 0.9)).toMatchObject({
      delay: 45_838,
    });
    expect(decideRetry(error('rate_limited', { retryAfterMs: 120_000 }), first, 0.9)).toMatchObject({
      delay: 120_000,
    });
    expect(decideRetry(error('rate_limited', { retryAfterMs: 0 }), first, 0.9)).toMatchObject({ delay: 0 });
  });

  it('pauses everybody only for a limit of the whole project, a minute at most', () => {
    expect(decideRetry(error('rate_limited', { retryAfterMs: 5_000 }), first, 0)).toMatchObject({ pause: 0 });
    expect(
      decideRetry(error('rate_limited', { retryAfterMs: 5_000, projectWide: true }), first, 0),
    ).toMatchObject({
      pause: 5_000,
    });
    expect(
      decideRetry(error('rate_limited', { retryAfterMs: 200_000, projectWide: true }), first, 0),
    ).toMatchObject({ pause: 60_000 });
  });

  it("pauses nobody for a day's limit, which no pause outlasts", () => {
    const day = error('rate_limited', { retryAfterMs: 5_000, projectWide: true, perDay: true });
    expect(decideRetry(day, first, 0)).toMatchObject({ action: 'retry', delay: 5_000, pause: 0 });
  });

  it("gives a day's limit one wait", () => {
    const day = error('rate_limited', { retryAfterMs: 10, perDay: true });
    expect(decideRetry(day, first, 0)).toMatchObject({ action: 'retry', delay: 10 });
    expect(decideRetry(day, { ...first, attempts: 2 }, 0)).toEqual({ action: 'fail', code: 'gemini.quota' });
  });
});

describe('backoff', () => {
  it('doubles, with jitter below its step, up to a minute', () => {
    expect([1, 2, 3, 4].map((n) => backoff(n, 0))).toEqual([500, 1000, 2000, 4000]);
    expect([1, 2, 3, 4].map((n) => backoff(n, 0.999999))).toEqual([1000, 2000, 4000, 8000]);
    expect(backoff(30, 0.999999)).toBe(60_000);
  });
});
