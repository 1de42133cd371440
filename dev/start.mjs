// `npm start`: everything needed to try the product, in one terminal.
import { requireNode } from './node-version.mjs';

requireNode();
const { main } = await import('./entry.mjs');
const { checkStart } = await import('./start-checks.mjs');
await main('launcher/start.js', checkStart);
