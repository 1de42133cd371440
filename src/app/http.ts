import type { Server } from 'node:http';
import helmet from '@fastify/helmet';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Logger } from 'nestjs-pino';
import { AppError } from '../common/errors/app-error.js';
import { ProblemFilter } from '../common/errors/problem.filter.js';
import { forgetTypeOfNothing, readJsonBodies } from '../common/http/json.js';
import { NoBodyInterceptor } from '../common/http/no-body.interceptor.js';
import { requireReadable } from '../common/http/malformed-request.js';
import { requestIdOf } from '../common/http/request-context.js';
import { MAX_PARAM_LENGTH, noteRoutes } from '../common/http/route-table.js';
import { requireSafeText } from '../common/http/safe-text.js';
import { respondToMalformed } from '../common/http/malformed-request.js';
import { createValidationPipe } from '../common/http/validation.js';
import { Settings } from '../config/settings.js';
import { Drain } from '../health/drain.js';
import { serveDocs } from './docs.js';

/** Routes that operators and browsers ask for by a fixed path. */
const UNPREFIXED = ['healthz', 'readyz', 'metrics', 'queues'];

const problems = new ProblemFilter();

/** Fastify, before Nest sees it. */
export function createHttpAdapter(settings: Settings): FastifyAdapter {
  return new FastifyAdapter({
    genReqId: requestIdOf,
    trustProxy: parseTrustProxy(settings.TRUST_PROXY),
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // For a request to arrive whole. Fastify's own choice is for ever.
    requestTimeout: 30_000,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      problems.answer(error, request, reply),
    clientErrorHandler: respondToMalformed,
    // Node would answer without a body; `requireReadable` does it in the form of every other error.
    http: { requireHostHeader: false },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
  });
}

/** Everything between the socket and the controllers, the documentation included. */
export async function configureHttp(app: NestFastifyApplication): Promise<void> {
  const settings = app.get(Settings);
  const fastify = app.getHttpAdapter().getInstance();
  app.useLogger(app.get(Logger));
  app.setGlobalPrefix(settings.API_PREFIX, { exclude: UNPREFIXED });
  app.useGlobalPipes(createValidationPipe());
  app.useGlobalFilters(problems);
  app.useGlobalInterceptors(new NoBodyInterceptor());
  if (settings.CORS_ORIGINS.length > 0) allowOrigins(app, settings.CORS_ORIGINS);
  await app.register(helmet, { contentSecurityPolicy: false });
  ignoreExpectations(fastify.server);
  noteRoutes(fastify);
  readJsonBodies(fastify);
  addHooks(fastify, app.get(Drain));
  serveDocs(app);
}

const EXPOSED_HEADERS = [
  'Location',
  'X-Request-Id',
  'X-Cache',
  'Retry-After',
  'Idempotency-Replayed',
  'Preference-Applied',
].concat(['Limit', 'Remaining', 'Reset'].flatMap((name) => [`RateLimit-${name}`, `X-Quota-${name}`]));

/** Pages of these origins may call every route. */
function allowOrigins(app: NestFastifyApplication, origins: string[]): void {
  app.enableCors({
    origin: origins.includes('*') ? '*' : origins,
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED_HEADERS,
    // The refusal of an incomplete preflight would be the one error in a form of its own.
    strictPreflight: false,
  });
}

function addHooks(fastify: FastifyInstance, drain: Drain): void {
  fastify.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    void reply.header('X-Request-Id', request.id);
    // Before the body is read: what it is does not matter where nobody takes it.
    if (request.is404) throw new AppError('route.not_found');
    requireReadable(request);
    forgetTypeOfNothing(request);
  });
  fastify.addHook('preValidation', async (request: FastifyRequest) => {
    requireSafeText(request.params);
    requireSafeText(request.query);
    requireSafeText(request.body);
  });
  fastify.addHook('onSend', async (request: FastifyRequest, reply: FastifyReply) => {
    // Again, for a preflight: Nest answers it before any hook of ours.
    void reply.header('X-Request-Id', request.id);
    // A connection that is kept for more would keep the process from closing.
    if (drain.running) void reply.header('Connection', 'close');
    const type = String(reply.getHeader('Content-Type') ?? '');
    if (/json/.test(type) && !reply.hasHeader('Cache-Control'))
      void reply.header('Cache-Control', 'no-store');
  });
}

/** A client may expect what it likes: refusing it is optional, and Node's refusal is an answer without any form. */
function ignoreExpectations(server: Server): void {
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

/** `true`, `false`, a number of hops, or a comma-separated list of addresses. */
function parseTrustProxy(value: string): boolean | string | ((address: string, hop: number) => boolean) {
  if (value === 'true' || value === 'false') return value === 'true';
  const hops = Number(value);
  return Number.isInteger(hops) ? (_, hop) => hop < hops : value;
}
