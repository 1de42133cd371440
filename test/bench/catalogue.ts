import { accept } from './accept.bench.js';
import type { Bench } from './bench.js';
import { paging } from './paging.bench.js';
import { reads } from './reads.bench.js';
import { replies } from './replies.bench.js';
import { stream } from './stream.bench.js';

/** All there are, in the order in which they are run. */
export const BENCHES: Bench[] = [accept, reads, replies, stream, paging];

/** Those of these names, separated by commas; all without any. @throws Error naming what there is */
export function choose(names: string | undefined): Bench[] {
  if (names === undefined) return BENCHES;
  return names.split(',').map((name) => {
    const bench = BENCHES.find((each) => each.name === name);
    if (!bench)
      throw new Error(`There is no bench ${name}, only ${BENCHES.map((each) => each.name).join(', ')}.`);
    return bench;
  });
}
