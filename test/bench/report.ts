import { describeFloor, format, table } from '../support/figures.js';
import type { Cost, Result, Tally } from './bench.js';

/** A bench as a person reads it: its figures, what the requests cost, and whether its floors hold. */
export function describe({ name, about, rows, costs = {}, floors }: Result): string {
  const details = Object.entries(costs).flatMap(([what, cost]) => describeCost(what, cost));
  return [`\n${name}: ${about}`, ...table(rows), ...details, ...floors.map(describeFloor)].join('\n');
}

function describeCost(what: string, { statements, commands }: Cost): string[] {
  return [...lines(what, 'PostgreSQL', statements), ...lines(what, 'Redis', commands)];
}

function lines(what: string, where: string, tally: Tally): string[] {
  return Object.entries(tally).map(([name, count]) => `  ${what}, ${where}: ${format(count)} x ${name}`);
}
