import fc from 'fast-check';
import { ResponseAccumulator, type Chunk } from './response-accumulator.js';

const chunk = (text: string, finishReason?: string): Chunk =>
  ({ candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, finishReason }] }) as Chunk;

const read = (...chunks: Chunk[]) => {
  const answer = new ResponseAccumulator();
  chunks.forEach((each) => answer.add(each));
  return answer;
};

const kindOf = (answer: ResponseAccumulator): unknown => {
  try {
    return answer.result().finishReason;
  } catch (error) {
    return (error as { kind: string }).kind;
  }
};

/** What each documented finish reason makes of a response: with text before it, and without. */
it.each([
  ['STOP', 'STOP', 'empty'],
  ['MAX_TOKENS', 'MAX_TOKENS', 'empty'],
  ['SAFETY', 'blocked', 'blocked'],
  ['RECITATION', 'blocked', 'blocked'],
  ['LANGUAGE', 'blocked', 'blocked'],
  ['BLOCKLIST', 'blocked', 'blocked'],
  ['PROHIBITED_CONTENT', 'blocked', 'blocked'],
  ['SPII', 'blocked', 'blocked'],
  ['IMAGE_SAFETY', 'blocked', 'blocked'],
  ['IMAGE_PROHIBITED_CONTENT', 'blocked', 'blocked'],
  ['IMAGE_RECITATION', 'blocked', 'blocked'],
  ['IMAGE_OTHER', 'stopped', 'empty'],
  ['NO_IMAGE', 'stopped', 'empty'],
  ['MALFORMED_FUNCTION_CALL', 'stopped', 'empty'],
  ['UNEXPECTED_TOOL_CALL', 'stopped', 'empty'],
  ['TOO_MANY_TOOL_CALLS', 'stopped', 'empty'],
  ['MALFORMED_RESPONSE', 'stopped', 'empty'],
  ['MISSING_THOUGHT_SIGNATURE', 'stopped', 'rejected'],
  ['OTHER', 'stopped', 'empty'],
  ['A_REASON_OF_TOMORROW', 'stopped', 'empty'],
  ['FINISH_REASON_UNSPECIFIED', 'unavailable', 'unavailable'],
])('%s after text is %s, without text %s', (reason, withText, without) => {
  const end = { candidates: [{ index: 0, finishReason: reason }] } as Chunk;
  expect(kindOf(read(chunk('some text'), end))).toBe(withText);
  expect(kindOf(read(end))).toBe(without);
});

it.each(['SAFETY', 'OTHER', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'IMAGE_SAFETY', 'A_REASON_OF_TOMORROW'])(
  'a prompt blocked for %s is blocked',
  (blockReason) => {
    expect(kindOf(read({ promptFeedback: { blockReason } } as Chunk))).toBe('blocked');
  },
);

it.each([[7], ['no reason\0'], [{}], ['x'.repeat(100)]])('a finish reason that is %j is OTHER', (reason) => {
  const answer = read({ candidates: [{ index: 0, finishReason: reason }] } as unknown as Chunk);
  expect(() => answer.result()).toThrow(expect.objectContaining({ kind: 'empty', finishReason: 'OTHER' }));
});

it.each([
  ['parts that are no list', { candidates: [{ content: { parts: 'x' } }] }],
  ['a part that is null', { candidates: [{ content: { parts: [null] } }] }],
  ['text that is a number', { candidates: [{ content: { parts: [{ text: 1 }] } }] }],
  ['a candidate that is null', { candidates: [null] }],
])('%s is no text', (_name, odd) => {
  expect(new ResponseAccumulator().add(odd as unknown as Chunk)).toBe('');
});

it.each([
  ['only blanks', chunk(' \n', 'STOP'), 'empty'],
  ['no reason', chunk('x'), 'unavailable'],
  ['no chunk to speak of', {}, 'unavailable'],
])('%s', (_name, only, kind) => {
  expect(kindOf(read(only))).toBe(kind);
});

it('joins parts, drops thoughts and reports the usage', () => {
  const parts = [{ text: 'a' }, { text: 'hm', thought: true }, { text: 'b' }, {}];
  const answer = new ResponseAccumulator();
  const usageMetadata = {
    promptTokenCount: 5,
    candidatesTokenCount: 1,
    thoughtsTokenCount: 2,
    totalTokenCount: 8,
  };
  expect(answer.add({ candidates: [{ index: 0, content: { role: 'model', parts } }] } as Chunk)).toBe('ab');
  answer.add({ ...chunk('c', 'STOP'), usageMetadata });
  expect(answer.result()).toEqual({
    text: 'abc',
    finishReason: 'STOP',
    usage: { promptTokens: 5, outputTokens: 1, thoughtTokens: 2, cachedTokens: 0, totalTokens: 8 },
  });
});

it('is what was said, however it is parted into chunks and parts, thoughts left out', () => {
  const part = fc.record({ text: fc.string({ unit: 'binary', maxLength: 8 }), thought: fc.boolean() });
  const chunks = fc.array(fc.array(part, { maxLength: 4 }), { maxLength: 8 });
  fc.assert(
    fc.property(chunks, (said) => {
      const answer = new ResponseAccumulator();
      const told = said.map((parts) =>
        answer.add({ candidates: [{ index: 0, content: { role: 'model', parts } }] }),
      );
      const visible = said
        .flat()
        .filter(({ thought }) => !thought)
        .map(({ text }) => text)
        .join('')
        .replaceAll('\0', '\uFFFD');
      expect(told.join('')).toBe(visible);
      answer.add(chunk('', 'STOP'));
      if (visible.trim()) expect(answer.result().text).toBe(visible);
      else expect(kindOf(answer)).toBe('empty');
    }),
    { seed: 1, numRuns: 500 },
  );
});

it('shows a NUL as what cannot be shown, since it cannot be stored', () => {
  const answer = new ResponseAccumulator();
  expect(answer.add(chunk('a\0b', 'STOP'))).toBe('a\uFFFDb');
  expect(answer.result().text).toBe('a\uFFFDb');
});
