// `npm run chaos`, `npm run fuzz`, `npm run bench`, `npm run abuse`: the programs beside the tests, each in its folder below test/.
import { requireNode } from './node-version.mjs';

requireNode();
const { main } = await import('./entry.mjs');
const { preparePrograms } = await import('./prepare.mjs');
const [name] = process.argv.splice(2, 1);
await main(`../dist-test/test/${name}/main.js`, undefined, preparePrograms);
