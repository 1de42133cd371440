import { readCode } from './one-time-code.js';

test.each([
  ['ASCII', '012345'],
  ['a space', '012 345'],
  ['a hyphen', '012-345'],
  ['an en dash', '012–345'],
  ['a no-break space', '012\u00a0345'],
  ['direction marks', '\u200e012345\u202c'],
  ['a zero-width space', '0123\u200b45'],
  ['full-width digits', '０１２３４５'],
  ['Arabic-Indic digits', '٠١٢٣٤٥'],
  ['Persian digits', '۰۱۲۳۴۵'],
  ['Devanagari digits', '०१२३४५'],
  ['mathematical digits', '𝟘𝟙𝟚𝟛𝟜𝟝'],
])('%s', (_, text) => {
  expect(readCode(text)).toBe('012345');
});

test.each(['12345a', '', 'ⅷ', '1.2345', '12½'])('what is no code stays none: %s', (text) => {
  expect(readCode(text)).not.toMatch(/^\d{6}$/);
});
