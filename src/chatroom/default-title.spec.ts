import { DEFAULT_TITLE, titleOf } from './default-title.js';

it.each([
  ['  What is\nthe capital?  ', 'What is the capital?'],
  ['one two three four five six seven eight', 'one two three four five six seven eight'],
  ['one two three four five six seven eight nine', 'one two three four five six seven eight…'],
  ['x'.repeat(60), 'x'.repeat(60)],
  ['x'.repeat(61), `${'x'.repeat(60)}…`],
  [`${'x'.repeat(59)} y`, `${'x'.repeat(59)}…`],
])('%j is titled %j', (content, title) => {
  expect(titleOf(content)).toBe(title);
});

it.each([
  ['a family', '👨‍👩‍👧‍👦', 28],
  ['a flag', '🇮🇳', 60],
  ['a letter with two accents', 'e\u0301\u0323', 60],
  ['a syllable of Devanagari', 'क्षि', 49],
  ['a Hangul syllable in parts', '\u1112\u1161\u11ab', 60],
])('%s is never cut', (_, grapheme, count) => {
  expect(titleOf(grapheme.repeat(70))).toBe(`${grapheme.repeat(count)}…`);
});

it('has 200 code points at most, whatever its graphemes are made of', () => {
  for (const content of ['👨‍👩‍👧‍👦'.repeat(100), `ab${'\u0301'.repeat(300)}`]) {
    expect([...titleOf(content)].length).toBeLessThanOrEqual(200);
  }
  expect(titleOf(`ab${'\u0301'.repeat(300)}`)).toBe('a…');
  expect(titleOf(`a${'\u0301'.repeat(30_000)}`)).toBe(DEFAULT_TITLE);
});

it('shows something: words that are invisible do not count', () => {
  expect(titleOf('\u200b \u200b \u200b \u200b \u200b \u200b \u200b \u200b \u200b Hello')).toBe('Hello');
});
