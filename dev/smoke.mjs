// `npm run smoke`: the built product on another release of Node (24, or `-- VERSION`), with servers of this run.
import { requireNode } from './node-version.mjs';

requireNode();
const { main } = await import('./entry.mjs');
await main('launcher/smoke.js');
