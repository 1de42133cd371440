import type { FastifyReply, FastifyRequest } from 'fastify';
import { present } from '../expand.js';
import { holdUp, type Fault } from '../faults.js';
import { makeId } from '../ids.js';
import { Params, type Form } from '../params.js';
import { Refusal, refusals } from '../refusal.js';
import { apiVersion } from '../wire.js';
import type { Route, World } from '../world.js';

interface Answer {
  status: number;
  body: string;
  replayed?: boolean;
  /** It is what the idempotency key will bring from now on. */
  kept?: boolean;
  /** The connection is cut instead of answering. */
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

/** Answers a request as Stripe's API does: key, faults asked for, idempotency, the method itself, its shape. */
export async function dispatch(world: World, route: Route, request: FastifyRequest, reply: FastifyReply) {
  const incoming = read(world, route, request);
  const answer = await work(world, incoming);
  note(world, incoming, answer);
  if (answer.cut) {
    reply.hijack();
    request.raw.socket.destroy();
    return;
  }
  void reply
    .status(answer.status)
    .headers({
      'request-id': incoming.requestId,
      'stripe-version': header(request, 'stripe-version') ?? apiVersion,
      ...(incoming.key && { 'idempotency-key': incoming.key }),
      ...(answer.replayed && { 'idempotent-replayed': 'true' }),
      ...(answer.kept && answer.status >= 500 && { 'stripe-should-retry': 'false' }),
    })
    .type('application/json')
    .send(answer.body);
}

function read(world: World, route: Route, request: FastifyRequest): Incoming {
  const path = request.url.split('?')[0];
  const form = { ...(request.query as Form), ...((request.body ?? {}) as Form) };
  return {
    route,
    request,
    requestId: makeId('req_', 14),
    key: request.method === 'POST' ? header(request, 'idempotency-key') : null,
    params: new Params(form),
    faults: world.faults.strike(`${request.method} ${path}`, form),
  };
}

async function work(world: World, incoming: Incoming): Promise<Answer> {
  const { key, request, params, faults } = incoming;
  const all = (kind: Fault['kind']) => faults.filter((entry) => entry.kind === kind);
  const fault = (kind: Fault['kind']) => all(kind)[0];
  let claimed = false;
  let done: Answer | null = null;
  try {
    authenticate(request);
    const stored = key && world.idempotency.begin(key, fingerprint(request, params));
    if (stored) return { status: stored.status, body: stored.body, replayed: true, kept: true };
    claimed = key !== null;
    await holdUp(all('slow'));
    if (fault('refuse')) return { status: 0, body: '', cut: true };
    throwIfAsked(fault('error'));
    const failing = fault('fail');
    done = failing
      ? { ...refused(refusals.fault(failing.status ?? 500)), kept: true }
      : perform(world, incoming);
    await holdUp(all('late'));
    if (fault('refuse_after')) return { ...done, cut: true };
    throwIfAsked(fault('error_after'));
    return done;
  } catch (error) {
    return refused(error);
  } finally {
    const kept = done && (done.status < 300 || done.status === 402 || fault('fail')) ? done : null;
    if (claimed && key) {
      world.idempotency.finish(key, kept && { ...kept, request: fingerprint(request, params) });
    }
  }
}

function perform(world: World, { route, request, requestId, key, params }: Incoming): Answer {
  try {
    params.allow(route.params);
    const { id = '' } = request.params as { id?: string };
    const object = route.handle({ id, params, cause: { id: requestId, idempotency_key: key } });
    const body = JSON.stringify(present(object, params.texts('expand'), world.store.state), null, 2);
    return { status: 200, body };
  } catch (error) {
    return refused(error);
  } finally {
    if (request.method !== 'GET') world.store.touch();
  }
}

function refused(error: unknown): Answer {
  if (!(error instanceof Refusal)) throw error;
  return { status: error.status, body: JSON.stringify(error.body(), null, 2) };
}

function throwIfAsked(fault: Fault | undefined): void {
  if (fault) throw refusals.fault(fault.status ?? 500);
}

function authenticate(request: FastifyRequest): void {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (!given) throw refusals.noKey();
  if (!/^(sk|rk)_test_/.test(given)) throw refusals.badKey();
}

/** What must be the same when an idempotency key comes again. */
function fingerprint(request: FastifyRequest, params: Params): string {
  const sorted = Object.entries(params.form).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${request.method} ${request.url} ${JSON.stringify(sorted)}`;
}

function header(request: FastifyRequest, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function note(world: World, { request, requestId, key, params }: Incoming, answer: Answer): void {
  world.journal.add({
    id: requestId,
    at: Date.now(),
    method: request.method,
    path: request.url.split('?')[0] ?? '',
    params: params.form,
    idempotencyKey: key,
    replayed: answer.replayed ?? false,
    status: answer.cut ? 0 : answer.status,
  });
}
