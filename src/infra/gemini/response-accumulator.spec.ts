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

it.each(['SAFETY', 'PROHIBITED_CONTENT', 'BLOCKLIST', 'SPII', 'RECITATION'])(
  '%s blocks, whatever was said before',
  (reason) => {
    expect(
      kindOf(read(chunk('some text'), { candidates: [{ index: 0, finishReason: reason }] } as Chunk)),
    ).toBe('blocked');
  },
);

it.each([
  ['MAX_TOKENS with text', chunk('cut', 'MAX_TOKENS'), 'MAX_TOKENS'],
  ['MAX_TOKENS without', chunk('', 'MAX_TOKENS'), 'empty'],
  ['STOP without text', chunk('', 'STOP'), 'empty'],
  ['only blanks', chunk(' \n', 'STOP'), 'empty'],
  ['OTHER with text', chunk('x', 'OTHER'), 'unavailable'],
  ['no reason', chunk('x'), 'unavailable'],
  ['no chunk to speak of', {}, 'unavailable'],
])('%s', (_name, only, kind) => {
  expect(kindOf(read(only))).toBe(kind);
});

it('joins parts, drops thoughts and keeps the last usage', () => {
  const parts = [{ text: 'a' }, { text: 'hm', thought: true }, { text: 'b' }, {}];
  const answer = new ResponseAccumulator();
  const usageMetadata = {
    promptTokenCount: 5,
    candidatesTokenCount: 1,
    thoughtsTokenCount: 2,
    totalTokenCount: 8,
  };
  expect(answer.add({ candidates: [{ index: 0, content: { role: 'model', parts } }] } as Chunk)).toBe('ab');
  expect(answer.finished).toBe(false);
  answer.add({ ...chunk('c', 'STOP'), usageMetadata });
  expect(answer.finished).toBe(true);
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
