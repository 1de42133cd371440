import type { Server } from 'node:http';
import helmet from '@fastify/helmet';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Logger } from 'nestjs-pino';
import { AppError } from '../common/errors/app-error.js';
import { ProblemFilter } from '../common/errors/problem.filter.js';
import { readJsonBodies, requireReadableBody } from '../common/http/json.js';
import { NoBodyInterceptor } from '../common/http/no-body.interceptor.js';
import { RequestAccessService } from '../auth/request-access.service.js';
import { believeProxies, parseTrustProxy } from '../common/http/client-address.js';
import { requestIdOf } from '../common/http/request-context.js';
import { applyPolicy, policyOf } from '../common/http/route-policy.js';
import { MAX_PARAM_LENGTH, noteRoutes } from '../common/http/route-table.js';
import { requireSafeText } from '../common/http/safe-text.js';
import {
  originForm,
  requireHttp,
  requireReadable,
  respondToMalformed,
} from '../common/http/malformed-request.js';
import { createValidationPipe } from '../common/http/validation.js';
import { Settings } from '../config/settings.js';
import { HTTP } from '../config/timing.js';
import { Drain } from '../health/drain.js';
import { serveDocs } from './docs.js';

declare module 'fastify' {
  interface FastifyInstance {
    access: RequestAccessService;
  }
}

/** Routes that operators and browsers request by a fixed path. */
const UNPREFIXED = ['healthz', 'readyz', 'metrics', 'queues'];

const problems = new ProblemFilter();

/** The HTTP server as Nest gets it. */
export function createHttpAdapter(settings: Settings): FastifyAdapter {
  const trustProxy = parseTrustProxy(settings.TRUST_PROXY);
  return new FastifyAdapter({
    genReqId: requestIdOf,
    trustProxy,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    rewriteUrl: originForm,
    // Fastify has no limit by default.
    requestTimeout: HTTP.request,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      believeProxies(request, trustProxy);
      void respondToUnroutable(error, request, reply);
    },
    clientErrorHandler: respondToMalformed,
    http: {
      // Node would respond without a body; `requireReadable` responds in the form of every other error.
      requireHostHeader: false,
      headersTimeout: HTTP.request,
      // Node looks for late requests only every 30 s by default.
      connectionsCheckingInterval: HTTP.lateRequestCheck,
    },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
  });
}

/** A path that cannot be decoded reaches no route and no hook: it is counted here. */
async function respondToUnroutable(
  error: Error,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const refusal = await request.server.access
    .countStranger(request, reply)
    .catch((thrown: unknown) => thrown);
  problems.respond(refusal ?? error, request, reply);
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
  await app.register(helmet, { contentSecurityPolicy: { useDefaults: false, directives: NO_CONTENT } });
  // Node drops the headers beyond 2,000 names and values without a word, which may be those that a proxy added: their size is limited.
  fastify.server.maxHeadersCount = 0;
  ignoreExpectations(fastify.server);
  const access: RequestAccessService = app.get(RequestAccessService);
  fastify.decorate('access', access);
  noteRoutes(fastify);
  fastify.addHook('onRoute', applyPolicy);
  readJsonBodies(fastify);
  addHooks(fastify, app);
  serveDocs(app);
}

/** For whatever is not a page: a browser that shows it loads and runs nothing. */
const NO_CONTENT = { 'default-src': ["'none'"], 'base-uri': ["'none'"], 'frame-ancestors': ["'none'"] };

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

function addHooks(fastify: FastifyInstance, app: NestFastifyApplication): void {
  const drain = app.get(Drain);
  // All of it before the body is read.
  fastify.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    void reply.header('X-Request-Id', request.id);
    await fastify.access.require(request, reply);
    requireHttp(request);
    if (request.is404) throw new AppError('route.not_found');
    requireReadable(request);
    requireReadableBody(request);
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
    const { contentPolicy } = policyOf(request);
    if (contentPolicy && type.startsWith('text/html'))
      void reply.header('Content-Security-Policy', contentPolicy);
    if (/json/.test(type) && !reply.hasHeader('Cache-Control'))
      void reply.header('Cache-Control', 'no-store');
  });
}

/** Ignores `Expect`: refusing it is optional (RFC 9110), and Node's refusal does not have the form of other errors. */
function ignoreExpectations(server: Server): void {
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}
