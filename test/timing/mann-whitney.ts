export interface Comparison {
  /** Probability that the first is the slower of two random times; 0.5 when nothing tells them apart. */
  effect: number;
  /** Two-sided, by the normal approximation. */
  p: number;
}

/** The Mann-Whitney U test: whether two samples come from one distribution. */
export function mannWhitney(first: number[], second: number[]): Comparison {
  const all = [
    ...first.map((value) => ({ value, mine: true })),
    ...second.map((value) => ({ value, mine: false })),
  ];
  all.sort((a, b) => a.value - b.value);
  const rankSum = all.reduce((sum, { mine }, index) => sum + (mine ? index + 1 : 0), 0);
  const [n, m] = [first.length, second.length];
  const u = rankSum - (n * (n + 1)) / 2;
  const z = (u - (n * m) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12);
  return { effect: u / (n * m), p: 2 * (1 - normal(Math.abs(z))) };
}

/** The standard normal distribution function (Abramowitz and Stegun 7.1.26). */
function normal(z: number): number {
  const t = 1 / (1 + (0.3275911 * z) / Math.SQRT2);
  const series = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
  const poly = series.reduce((sum, c) => (sum + c) * t, 0);
  return 0.5 * (2 - poly * Math.exp((-z * z) / 2));
}

export const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
