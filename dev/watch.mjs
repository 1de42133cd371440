// `npm run start:dev` and `npm run worker:dev`: the API or the worker, started again whenever its code changes.
// The settings are yours: `.env` or the environment. (`npm start` brings its own database, Redis and sandboxes.)
import { requireNode } from './node-version.mjs';

requireNode();
const { main } = await import('./entry.mjs');
await main('launcher/watch.js');
