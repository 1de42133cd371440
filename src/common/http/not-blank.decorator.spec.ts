import { isBlank } from './not-blank.decorator.js';

it.each([
  ['nothing', ''],
  ['spaces', ' \t\r\n\u00a0\u2003\u3000'],
  ['zero-width characters', '\u200b\u200c\u200d\u2060\ufeff'],
  ['controls', '\u0001\u007f\u0085'],
  ['direction marks', '\u200e\u200f\u061c\u202a\u202e\u2066\u2069'],
  ['soft hyphens and joiners', '\u00ad\u034f\u180e'],
  ['Hangul fillers', '\u115f\u1160\u3164\uffa0'],
  ['variation selectors and tags', '\ufe0f\u{e0100}\u{e0020}'],
  ['invisible operators', '\u2061\u2062\u2063\u2064'],
  ['musical and annotation marks', '\u{1d173}\ufff9\ufffb'],
  ['the empty Braille pattern', '\u2800'],
])('%s are blank', (_, text) => {
  expect(isBlank(text)).toBe(true);
});

it.each(['a', '.', '\u200b!', '0', '👩\u200d👩', '\u0301', 'مرحبا', '\u0600', '\u2801', 'ㅤx'])(
  '%j is not blank',
  (text) => {
    expect(isBlank(text)).toBe(false);
  },
);

it('is decided in time that grows with the text alone', () => {
  expect(isBlank('\u200b'.repeat(200_000) + 'x')).toBe(false);
});
