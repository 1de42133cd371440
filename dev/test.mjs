// `npm test`: everything automated, on a PostgreSQL and a Redis of this run's own. Arguments go to Jest.
import { requireNode } from './node-version.mjs';

requireNode();
const { main } = await import('./entry.mjs');
await main('launcher/test-run.js');
