// `npm run bench`: how fast the product is beside the naive way of doing the same, and what each request costs.
import { requireNode } from './node-version.mjs';

requireNode();
const { main } = await import('./entry.mjs');
const { preparePrograms } = await import('./prepare.mjs');
await main('../dist-test/test/bench/main.js', undefined, preparePrograms);
