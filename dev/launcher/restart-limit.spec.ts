import { RestartLimit } from './restart-limit.js';

const after = (...times: number[]) => {
  const limit = new RestartLimit();
  times.forEach((time) => limit.record(time));
  return limit;
};

test('four exits in a minute are below the limit', () => {
  expect(after(0, 1, 2, 3).exceeded).toBe(false);
});

test('the fifth exit within a minute exceeds the limit', () => {
  expect(after(0, 15_000, 30_000, 45_000, 59_999).exceeded).toBe(true);
});

test('exits of more than a minute ago do not count', () => {
  expect(after(0, 15_000, 30_000, 45_000, 60_000).exceeded).toBe(false);
});
