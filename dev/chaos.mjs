// `npm run chaos`: breaks the product on purpose for as long as you like, and checks what it promised.
import { requireNode } from './node-version.mjs';

requireNode();
const { main } = await import('./entry.mjs');
const { preparePrograms } = await import('./prepare.mjs');
await main('../dist-test/test/chaos/main.js', undefined, preparePrograms);
