import { holds, type Cost, type Floor, type Result, type Row, type Tally } from './bench.js';

/** A bench as a person reads it: its figures, what the requests cost, and whether its floors hold. */
export function describe({ name, about, rows, costs = {}, floors }: Result): string {
  const details = Object.entries(costs).flatMap(([what, cost]) => describeCost(what, cost));
  return [`\n${name}: ${about}`, ...table(rows), ...details, ...floors.map(describeFloor)].join('\n');
}

/** Rows under the names of all their figures. */
function table(rows: Row[]): string[] {
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

function describeCost(what: string, { statements, commands }: Cost): string[] {
  return [...lines(what, 'PostgreSQL', statements), ...lines(what, 'Redis', commands)];
}

function lines(what: string, where: string, tally: Tally): string[] {
  return Object.entries(tally).map(([name, count]) => `  ${what}, ${where}: ${format(count)} x ${name}`);
}

function describeFloor(floor: Floor): string {
  const { kind, what, value, atLeast, atMost } = floor;
  const bounds = [
    ...(atLeast === undefined ? [] : [`at least ${format(atLeast)}`]),
    ...(atMost === undefined ? [] : [`at most ${format(atMost)}`]),
  ].join(', ');
  return `  ${holds(floor) ? 'holds' : 'FALLS SHORT'}: ${what} ${format(value)} (${kind}, ${bounds})`;
}

function format(value: number | undefined): string {
  if (value === undefined) return '';
  return value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) < 100 ? 2 : 0 });
}
