/** One measurement; the names of the figures carry their units. */
export interface Row {
  what: string;
  figures: Record<string, number>;
}

/**
 * What must hold on any machine, however busy: a count, or a ratio to another measurement of the same run. Never a time.
 */
export interface Floor {
  kind: 'count' | 'ratio';
  what: string;
  value: number;
  atLeast?: number;
  atMost?: number;
}

export const holds = ({ value, atLeast = -Infinity, atMost = Infinity }: Floor): boolean =>
  value >= atLeast && value <= atMost;

/** The value below which a share of the values lies; 0 of none. */
export function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export const median = (values: number[]): number => quantile(values, 0.5);

/** Rows under the names of all their figures. */
export function table(rows: Row[]): string[] {
  const names = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];
  const lines = [
    ['', ...names],
    ...rows.map(({ what, figures }) => [what, ...names.map((name) => format(figures[name]))]),
  ];
  const widths = ['', ...names].map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  '),
  );
}

export function describeFloor(floor: Floor): string {
  const { kind, what, value, atLeast, atMost } = floor;
  const bounds = [
    ...(atLeast === undefined ? [] : [`at least ${format(atLeast)}`]),
    ...(atMost === undefined ? [] : [`at most ${format(atMost)}`]),
  ].join(', ');
  return `  ${holds(floor) ? 'holds' : 'FALLS SHORT'}: ${what} ${format(value)} (${kind}, ${bounds})`;
}

/** A number with two decimal places at most; from 100 on without any. */
export function format(value: number | undefined): string {
  if (value === undefined) return '';
  return value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) < 100 ? 2 : 0 });
}
