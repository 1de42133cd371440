// `npm run migrate:new NAME`: writes the migration that makes the database what prisma/schema.prisma says.
import { requireNode } from './node-version.mjs';

requireNode();
const { main } = await import('./entry.mjs');
const { prepareDevelopment } = await import('./prepare.mjs');
await main('migrations/new.js', undefined, prepareDevelopment);
