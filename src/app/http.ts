import type { Server } from 'node:http';
import helmet from '@fastify/helmet';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Logger } from 'nestjs-pino';
import { AppError } from '../common/errors/app-error.js';
import { ProblemFilter } from '../common/errors/problem.filter.js';
import { dropTypeOfEmptyBody, readJsonBodies } from '../common/http/json.js';
import { NoBodyInterceptor } from '../common/http/no-body.interceptor.js';
import { requestIdOf } from '../common/http/request-context.js';
import { MAX_PARAM_LENGTH, noteRoutes } from '../common/http/route-table.js';
import { requireSafeText } from '../common/http/safe-text.js';
import { requireReadable, respondToMalformed } from '../common/http/malformed-request.js';
import { createValidationPipe } from '../common/http/validation.js';
import { Settings } from '../config/settings.js';
import { HTTP } from '../config/timing.js';
import { Drain } from '../health/drain.js';
import { serveDocs } from './docs.js';

/** Routes that operators and browsers request by a fixed path. */
const UNPREFIXED = ['healthz', 'readyz', 'metrics', 'queues'];

const problems = new ProblemFilter();

/** The HTTP server as Nest gets it. */
export function createHttpAdapter(settings: Settings): FastifyAdapter {
  return new FastifyAdapter({
    genReqId: requestIdOf,
    trustProxy: parseTrustProxy(settings.TRUST_PROXY),
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // Fastify has no limit by default.
    requestTimeout: HTTP.request,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      problems.respond(error, request, reply),
    clientErrorHandler: respondToMalformed,
    // Node would respond without a body; `requireReadable` responds in the form of every other error.
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

/** Lets pages of these origins call every route. */
function allowOrigins(app: NestFastifyApplication, origins: string[]): void {
  app.enableCors({
    origin: origins.includes('*') ? '*' : origins,
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED_HEADERS,
    // The refusal of an incomplete preflight would not have the form of other errors.
    strictPreflight: false,
  });
}

function addHooks(fastify: FastifyInstance, drain: Drain): void {
  fastify.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    void reply.header('X-Request-Id', request.id);
    // Before the body is read: no route would use it.
    if (request.is404) throw new AppError('route.not_found');
    requireReadable(request);
    dropTypeOfEmptyBody(request);
  });
  fastify.addHook('preValidation', async (request: FastifyRequest) => {
    requireSafeText(request.params);
    requireSafeText(request.query);
    requireSafeText(request.body);
  });
  fastify.addHook('onSend', async (request: FastifyRequest, reply: FastifyReply) => {
    // Also for a preflight: Nest responds to it before the hooks above.
    void reply.header('X-Request-Id', request.id);
    // A connection kept alive would delay the end of the process.
    if (drain.running) void reply.header('Connection', 'close');
    const type = String(reply.getHeader('Content-Type') ?? '');
    if (/json/.test(type) && !reply.hasHeader('Cache-Control'))
      void reply.header('Cache-Control', 'no-store');
  });
}

/** Ignores `Expect`: refusing it is optional (RFC 9110), and Node's refusal does not have the form of other errors. */
function ignoreExpectations(server: Server): void {
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

/** `true`, `false`, a number of hops, or a comma-separated list of addresses. */
function parseTrustProxy(value: string): boolean | string | ((address: string, hop: number) => boolean) {
  if (value === 'true' || value === 'false') return value === 'true';
  const hops = Number(value);
  return Number.isInteger(hops) ? (_, hop) => hop < hops : value;
}
