import { Deaths } from './deaths.js';

const after = (...times: number[]) => {
  const deaths = new Deaths();
  times.forEach((time) => deaths.record(time));
  return deaths;
};

test('four deaths in a minute are put up with', () => {
  expect(after(0, 1, 2, 3).tooMany).toBe(false);
});

test('the fifth within a minute is one too many', () => {
  expect(after(0, 15_000, 30_000, 45_000, 59_999).tooMany).toBe(true);
});

test('deaths of more than a minute ago are forgotten', () => {
  expect(after(0, 15_000, 30_000, 45_000, 60_000).tooMany).toBe(false);
});
