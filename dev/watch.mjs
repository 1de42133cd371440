// `npm run start:dev` and `npm run worker:dev`: the API or the worker, restarted when its code changes. The settings come
// from `.env` and the environment: no database, Redis or sandbox is started, unlike by `npm start`.
import { requireNode } from './node-version.mjs';

requireNode();
const { main } = await import('./entry.mjs');
await main('launcher/watch.js');
