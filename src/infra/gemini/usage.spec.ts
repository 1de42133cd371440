import { addUsage } from './usage.js';

const FULL = {
  promptTokenCount: 7,
  candidatesTokenCount: 5,
  thoughtsTokenCount: 3,
  cachedContentTokenCount: 2,
  totalTokenCount: 15,
};
const READ = { promptTokens: 7, outputTokens: 5, thoughtTokens: 3, cachedTokens: 2, totalTokens: 15 };

it.each([
  ['nothing', {}],
  ['some of it', { promptTokenCount: 7, totalTokenCount: 7 }],
  ['less of it', { ...FULL, candidatesTokenCount: 1, totalTokenCount: 11 }],
  ['what is no count', { candidatesTokenCount: NaN, thoughtsTokenCount: -4, totalTokenCount: 0.5 }],
])('keeps what is known where a later chunk has %s', (_name, later) => {
  expect(addUsage(addUsage(undefined, FULL), later)).toEqual(READ);
});

it('grows with the response', () => {
  const first = addUsage(undefined, { promptTokenCount: 7, totalTokenCount: 7 });
  expect(addUsage(first, FULL)).toEqual(READ);
});

it('has a total of at least its parts, and of more where Gemini says so', () => {
  expect(addUsage(undefined, { promptTokenCount: 7, candidatesTokenCount: 5 }).totalTokens).toBe(12);
  expect(addUsage(undefined, { promptTokenCount: 7, totalTokenCount: 90 }).totalTokens).toBe(90);
});

it('fits the columns that it is stored in', () => {
  const { promptTokens, totalTokens } = addUsage(undefined, {
    promptTokenCount: 1e300,
    candidatesTokenCount: 2.5,
  });
  expect([promptTokens, totalTokens]).toEqual([2 ** 31 - 1, 2 ** 31 - 1]);
});
