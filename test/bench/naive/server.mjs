// @ts-check
// The same routes the naive way, as what the product is measured against: a bare Fastify, plain pg, BullMQ and the
// Gemini SDK. It verifies the token's signature and does what it was asked. No session that can be revoked, no quota
// that holds, no order, no transaction, no validation, no burst limit, nothing that survives a restart.
import { createSecretKey } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import Fastify from 'fastify';
import pg from 'pg';
import { serveGeneration } from './generation.mjs';
import { servePrompts } from './prompts.mjs';
import { serveReads } from './reads.mjs';

const { DATABASE_URL, DATABASE_POOL_SIZE = '10', REDIS_URL = '', JWT_SECRET = '', PORT } = process.env;
const { GEMINI_BASE_URL = '' } = process.env;

const app = Fastify();
const db = new pg.Pool({ connectionString: DATABASE_URL, max: Number(DATABASE_POOL_SIZE) });
const jwt = new JwtService({ secret: createSecretKey(Buffer.from(JWT_SECRET)) });

app.decorateRequest('userId', '');
app.addHook('onRequest', async (request) => {
  const { sub } = jwt.verify(request.headers.authorization?.slice('Bearer '.length) ?? '');
  request.setDecorator('userId', sub);
});
servePrompts(app, { db, redisUrl: REDIS_URL });
serveReads(app, db);
await serveGeneration(app, { redisUrl: REDIS_URL, geminiUrl: GEMINI_BASE_URL });
await app.listen({ port: Number(PORT), host: '127.0.0.1' });
process.send?.('ready');
