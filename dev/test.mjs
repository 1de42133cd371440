// `npm test`: all tests, or those of the named files and folders, with a PostgreSQL and a Redis of this run. Options go to Jest.
import { requireNode } from './node-version.mjs';

requireNode();
const { main } = await import('./entry.mjs');
await main('launcher/test-run.js');
