import { median, type Row } from '../support/figures.js';
import { press, type Load, type Target } from './load.js';

/** Pairs that are measured after one that only warms up. */
const PAIRS = 3;

export interface Contenders {
  product: Target;
  naive: Target;
  /** Done before each of the product's turns. */
  before?: () => Promise<unknown>;
}

export interface Comparison {
  rows: Row[];
  /** The product's requests a second as a share of the naive way's: the median of the pairs. */
  ratio: number;
  refused: number;
}

/** By turns, so that whatever else the machine does meets both. @param seconds for each of the two, without the warm-up */
export async function sideBySide(
  what: string,
  { product, naive, before }: Contenders,
  seconds: number,
): Promise<Comparison> {
  const span = { duration: seconds / PAIRS };
  const pairs: { product: Load; naive: Load }[] = [];
  for (let turn = 0; turn <= PAIRS; turn += 1) {
    await before?.();
    pairs.push({ product: await press(product, span), naive: await press(naive, span) });
  }
  const measured = pairs.slice(1);
  const refused = pairs.reduce((sum, pair) => sum + pair.product.refused + pair.naive.refused, 0);
  const ratio = median(measured.map((pair) => pair.product.perSecond / pair.naive.perSecond));
  const rows = (['product', 'naive'] as const).map((who) => ({
    what: `${what}, ${who}`,
    figures: typical(measured.map((pair) => pair[who])),
  }));
  return { rows, ratio, refused };
}

function typical(loads: Load[]): Row['figures'] {
  const middle = (of: (load: Load) => number) => median(loads.map(of));
  return {
    'requests/s': middle(({ perSecond }) => perSecond),
    'p50 ms': middle(({ p50 }) => p50),
    'p99 ms': middle(({ p99 }) => p99),
    'CPU ms': middle(({ cpu }) => cpu),
  };
}
