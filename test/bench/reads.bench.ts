import type { Floor } from '../support/figures.js';
import { noneRefused, type Bench, type Cost } from './bench.js';
import { costOf, costRow, total } from './cost.js';
import { prepareReadings, type Reading } from './readings.js';
import { sideBySide, type Comparison } from './side-by-side.js';

interface Measured {
  reading: Reading;
  cost: Cost;
  compared: Comparison;
}

/** What is read most. */
export const reads: Bench = {
  name: 'reads',
  about: 'the account, and the first page of 20 rooms from the cache and past it; naive: one statement each',
  async run(setup, { seconds, requests }) {
    const counted: Omit<Measured, 'compared'>[] = [];
    // All that is counted comes first: what a timed run leaves behind unanswered must not be in it.
    for (const reading of await prepareReadings(setup, seconds)) {
      await reading.before?.();
      counted.push({ reading, cost: await costOf(setup, reading.product, requests) });
    }
    const measured: Measured[] = [];
    for (const each of counted) {
      measured.push({ ...each, compared: await sideBySide(each.reading.what, each.reading, seconds) });
    }
    const refused = measured.reduce((sum, { cost, compared }) => sum + cost.refused + compared.refused, 0);
    return {
      rows: measured.flatMap(({ reading, cost, compared }) => [
        ...compared.rows,
        costRow(reading.what, cost),
      ]),
      costs: Object.fromEntries(measured.map(({ reading, cost }) => [reading.what, cost])),
      floors: [noneRefused(refused), ...measured.flatMap(floorsOf)],
    };
  },
};

function floorsOf({ reading, cost, compared }: Measured): Floor[] {
  const { what, misplaced, bounds } = reading;
  const { statements, commands, atLeast } = bounds;
  return [
    { kind: 'count', what: `${what}, from elsewhere`, value: misplaced, atMost: 0 },
    { kind: 'count', what: `${what}, statements`, value: total(cost.statements), atMost: statements },
    { kind: 'count', what: `${what}, Redis commands`, value: total(cost.commands), atMost: commands },
    { kind: 'ratio', what: `${what}, to naive`, value: compared.ratio, atLeast },
  ];
}
