import { describeFloor, holds, table, type Row } from '../support/figures.js';
import type { Result } from './abuse.js';

/** A scenario as a person reads it: what others waited, what the attack did, and what falls short or holds. */
export function describe({ name, about, others, attack, floors }: Result): string {
  const counts = floors.filter((floor) => floor.kind === 'count' || !holds(floor));
  return [`\n${name}: ${about}`, ...table(others), ...table([attack]), ...counts.map(describeFloor)].join(
    '\n',
  );
}

/** One line a scenario: the ratio of each action's medians, and what a request of the attack costs the product. */
export function summary(results: Result[]): string {
  return table(results.map(summaryRow)).join('\n');
}

function summaryRow({ name, others, attack }: Result): Row {
  const ratios = others.map(({ what, figures }) => [what, figures.ratio ?? 0] as const);
  const cost = 'CPU ms a request';
  return { what: name, figures: { ...Object.fromEntries(ratios), [cost]: attack.figures[cost] ?? 0 } };
}
