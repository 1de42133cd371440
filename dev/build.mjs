// `npm run build`: the two production processes, and what else this folder starts; `--sources` stops before anything is
// compiled, which is all that lint and typecheck want.
import { requireNode } from './node-version.mjs';

requireNode();
const { work } = await import('./entry.mjs');
const { prepare, prepareToCheck } = await import('./prepare.mjs');
await work(async (root, signal) => {
  await (process.argv.includes('--sources') ? prepareToCheck : prepare)(root, signal);
  return 0;
});
