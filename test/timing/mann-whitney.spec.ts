import { mannWhitney, median } from './mann-whitney.js';

const spread = (offset: number) => Array.from({ length: 500 }, (_, n) => ((n * 7919) % 1000) + offset);

describe('mannWhitney', () => {
  it('finds no difference where there is none', () => {
    const { effect, p } = mannWhitney(spread(0), spread(0.5));
    expect(effect).toBeCloseTo(0.5, 2);
    expect(p).toBeGreaterThan(0.5);
  });

  it('finds a shift that is small beside the spread', () => {
    expect(mannWhitney(spread(80), spread(0)).p).toBeLessThan(0.001);
    expect(mannWhitney(spread(80), spread(0)).effect).toBeGreaterThan(0.5);
  });

  it('knows the textbook value', () => {
    const { effect, p } = mannWhitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]);
    expect(effect).toBe(0);
    expect(p).toBeCloseTo(0.009, 3);
    expect(median([3, 1, 2])).toBe(2);
  });
});
