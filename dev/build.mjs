// `npm run build`: the API, the worker, the launcher and the sandboxes. `--sources` only installs the dependencies and
// generates the database client, for lint and typecheck.
import { requireNode } from './node-version.mjs';

requireNode();
const { runTask } = await import('./entry.mjs');
const { prepare, prepareToCheck } = await import('./prepare.mjs');
await runTask(async (root, signal) => {
  await (process.argv.includes('--sources') ? prepareToCheck : prepare)(root, signal);
  return 0;
});
