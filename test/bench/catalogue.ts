import { accept } from './accept.bench.js';
import type { Bench } from './bench.js';
import { paging } from './paging.bench.js';
import { reads } from './reads.bench.js';
import { replies } from './replies.bench.js';
import { stream } from './stream.bench.js';

/** All there are, in the order in which they are run. */
export const BENCHES: Bench[] = [accept, reads, replies, stream, paging];
