import { GeminiError, type GeminiErrorDetails } from '../../infra/gemini/gemini-error.js';
import { failed, finished, kept } from './reply-result.js';

const FACTS = { model: 'flash', contextTrimmed: false };
const usage = (outputTokens: number, thoughtTokens = 0) => ({
  promptTokens: 9,
  outputTokens,
  thoughtTokens,
  cachedTokens: 0,
  totalTokens: 9 + outputTokens + thoughtTokens,
});
const error = (details: GeminiErrorDetails = {}) => new GeminiError('unavailable', 'x', details);

describe('a failure is refunded', () => {
  it.each([
    ['where Gemini gave nothing', 'gemini.unavailable', error(), '', true],
    ['where only the prompt was counted', 'gemini.empty', error({ usage: usage(0) }), '', true],
    ['where no call was made', 'reply.abandoned', undefined, '', true],
    ['not where text was published', 'gemini.unavailable', error(), 'a', false],
    ['not where tokens of text were reported', 'gemini.timeout', error({ usage: usage(1) }), '', false],
    ['not where thoughts took all tokens', 'gemini.empty', error({ usage: usage(0, 5) }), '', false],
    ['not where Gemini blocked it', 'gemini.blocked', error({ usage: usage(0) }), '', false],
  ] as const)('%s', (_name, code, failure, text, refund) => {
    expect(failed(code, FACTS, failure, text)).toMatchObject({ status: 'failed', content: null, refund });
  });
});

it('text before a stop is kept with its reason and its usage, and paid for', () => {
  const stopped = error({ finishReason: 'UNEXPECTED_TOOL_CALL', usage: usage(4) });
  expect(kept('some text', stopped, FACTS)).toMatchObject({
    status: 'incomplete',
    content: 'some text',
    error: null,
    finishReason: 'UNEXPECTED_TOOL_CALL',
    usage: usage(4),
    refund: false,
  });
});

it.each([
  ['STOP', 'completed'],
  ['MAX_TOKENS', 'incomplete'],
])('%s is %s', (finishReason, status) => {
  const result = { text: 'some text', finishReason, usage: usage(4) };
  expect(finished(result, false, FACTS)).toMatchObject({ status, finishReason, refund: false });
});
