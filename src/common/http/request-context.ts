import type { IncomingMessage } from 'node:http';
import { v7 as uuidv7 } from 'uuid';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientAddress } from './client-address.js';

const VALID = /^[\x21-\x7e]{1,128}$/;

/** Keeps a caller's `X-Request-Id` when it is plain visible ASCII, else makes one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && VALID.test(given) ? given : uuidv7();
}

/** Where a request came from. */
export interface RequestOrigin {
  /** Of the client, as `TRUST_PROXY` lets it be read. */
  ip: string;
  userAgent: string | null;
  requestId: string;
}

/** Characters of a User-Agent that are kept. */
const MAX_USER_AGENT = 500;

export function originOf(request: FastifyRequest): RequestOrigin {
  const userAgent = request.headers['user-agent']?.slice(0, MAX_USER_AGENT) ?? null;
  return { ip: clientAddress(request), userAgent, requestId: String(request.id) };
}

/** Where the request came from, for a handler. */
export const Origin = createParamDecorator((_: unknown, context: ExecutionContext) =>
  originOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** An AbortSignal that is aborted when the client disconnects before the response is complete. */
export function disconnectSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (!raw.writableFinished) controller.abort();
  };
  if (raw.destroyed) stop();
  else raw.once('close', stop);
  return controller.signal;
}
