import { readRetryAfter } from './retry-after.js';

const NOW = Date.parse('2026-11-28T10:00:00Z');
const read = (value?: string, date?: string) =>
  readRetryAfter(new Headers({ ...(value && { 'retry-after': value }), ...(date && { date }) }), NOW);

it.each([
  ['0', 0],
  ['7', 7_000],
  ['1.5', 1_500],
  [' 3 ', 3_000],
  ['Sat, 28 Nov 2026 10:00:09 GMT', 9_000],
  ['Saturday, 28-Nov-26 10:00:09 GMT', 9_000],
  ['Sat, 28 Nov 2026 09:00:00 GMT', 0],
])('%s is %d ms', (value, ms) => {
  expect(read(value)).toBe(ms);
});

it('counts a date from the date of the response, whatever this clock says', () => {
  expect(read('Sat, 28 Nov 2026 12:00:09 GMT', 'Sat, 28 Nov 2026 12:00:00 GMT')).toBe(9_000);
});

it.each([undefined, 'soon', '-1', '1e3', '2026-11-28', 'Sat, 99 Nov 2026 10:00:09 GMT', '١٢'])(
  '%s is none',
  (value) => {
    expect(read(encodeLatin(value))).toBeUndefined();
  },
);

/** A header carries bytes. */
function encodeLatin(value?: string): string | undefined {
  return value && Buffer.from(value).toString('latin1');
}
