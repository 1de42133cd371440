// `npm run fuzz`: generated requests and conversations, and a judge of every answer.
import { requireNode } from './node-version.mjs';

requireNode();
const { main } = await import('./entry.mjs');
const { preparePrograms } = await import('./prepare.mjs');
await main('../dist-test/test/fuzz/main.js', undefined, preparePrograms);
