import type { FastifyReply, FastifyRequest } from 'fastify';
import { present } from '../expand.js';
import { applyDelays, type Fault } from '../faults.js';
import { makeId } from '../wire/object.js';
import { Params, type Form } from '../params.js';
import { ApiError, apiErrors } from '../api-error.js';
import { apiVersion } from '../wire/event.js';
import type { Route, SandboxContext } from '../context.js';

interface ApiResponse {
  status: number;
  body: string;
  replayed?: boolean;
  /** A repeated request with the idempotency key gets this response. */
  stored?: boolean;
  /** The connection is closed instead of a response. */
  cut?: boolean;
}

interface Incoming {
  route: Route;
  request: FastifyRequest;
  requestId: string;
  key: string | null;
  params: Params;
  faults: Fault[];
}

/** Serves a request as Stripe's API does: API key, injected faults, idempotency, the method itself, expansion. */
export async function dispatch(
  context: SandboxContext,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const incoming = read(context, route, request);
  const response = await respond(context, incoming);
  record(context, incoming, response);
  if (response.cut) {
    reply.hijack();
    request.raw.socket.destroy();
    return;
  }
  void reply
    .status(response.status)
    .headers({
      'request-id': incoming.requestId,
      'stripe-version': header(request, 'stripe-version') ?? apiVersion,
      ...(incoming.key && { 'idempotency-key': incoming.key }),
      ...(response.replayed && { 'idempotent-replayed': 'true' }),
      ...(response.stored && response.status >= 500 && { 'stripe-should-retry': 'false' }),
    })
    .type('application/json')
    .send(response.body);
}

function read(context: SandboxContext, route: Route, request: FastifyRequest): Incoming {
  const path = request.url.split('?')[0];
  const form = { ...(request.query as Form), ...((request.body ?? {}) as Form) };
  return {
    route,
    request,
    requestId: makeId('req_', 14),
    key: request.method === 'POST' ? header(request, 'idempotency-key') : null,
    params: new Params(form),
    faults: context.faults.take(`${request.method} ${path}`, form),
  };
}

async function respond(context: SandboxContext, incoming: Incoming): Promise<ApiResponse> {
  const { key, request, params, faults } = incoming;
  const all = (kind: Fault['kind']) => faults.filter((entry) => entry.kind === kind);
  const fault = (kind: Fault['kind']) => all(kind)[0];
  let keyLocked = false;
  let done: ApiResponse | null = null;
  try {
    authenticate(request);
    const earlier = key && context.idempotency.begin(key, fingerprint(request, params));
    if (earlier) return { status: earlier.status, body: earlier.body, replayed: true, stored: true };
    keyLocked = key !== null;
    await applyDelays(all('slow'));
    if (fault('refuse')) return { status: 0, body: '', cut: true };
    throwInjected(fault('error'));
    const failing = fault('fail');
    done = failing
      ? { ...errorResponse(apiErrors.fault(failing.status ?? 500)), stored: true }
      : execute(context, incoming);
    await applyDelays(all('late'));
    if (fault('refuse_after')) return { ...done, cut: true };
    throwInjected(fault('error_after'));
    return done;
  } catch (error) {
    return errorResponse(error);
  } finally {
    const stored = done && (done.status < 300 || done.status === 402 || fault('fail')) ? done : null;
    if (keyLocked && key) {
      context.idempotency.finish(key, stored && { ...stored, request: fingerprint(request, params) });
    }
  }
}

function execute(context: SandboxContext, { route, request, requestId, key, params }: Incoming): ApiResponse {
  try {
    params.allow(route.params);
    const { id = '' } = request.params as { id?: string };
    const object = route.handle({ id, params, cause: { id: requestId, idempotency_key: key } });
    const body = JSON.stringify(present(object, params.texts('expand'), context.store.state), null, 2);
    return { status: 200, body };
  } catch (error) {
    return errorResponse(error);
  } finally {
    if (request.method !== 'GET') context.store.touch();
  }
}

function errorResponse(error: unknown): ApiResponse {
  if (!(error instanceof ApiError)) throw error;
  return { status: error.status, body: JSON.stringify(error.body(), null, 2) };
}

function throwInjected(fault: Fault | undefined): void {
  if (fault) throw apiErrors.fault(fault.status ?? 500, fault.message);
}

function authenticate(request: FastifyRequest): void {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (!given) throw apiErrors.noKey();
  if (!/^(sk|rk)_test_/.test(given)) throw apiErrors.badKey();
}

/** What must be equal when an idempotency key is used again. */
function fingerprint(request: FastifyRequest, params: Params): string {
  const sorted = Object.entries(params.form).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${request.method} ${request.url} ${JSON.stringify(sorted)}`;
}

function header(request: FastifyRequest, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function record(
  context: SandboxContext,
  { request, requestId, key, params }: Incoming,
  response: ApiResponse,
): void {
  context.journal.add({
    id: requestId,
    at: Date.now(),
    method: request.method,
    path: request.url.split('?')[0] ?? '',
    params: params.form,
    idempotencyKey: key,
    replayed: response.replayed ?? false,
    status: response.cut ? 0 : response.status,
  });
}
