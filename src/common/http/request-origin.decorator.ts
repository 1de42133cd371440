import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Where a request came from. */
export interface RequestOrigin {
  /** Of the client, as `TRUST_PROXY` lets it be read. */
  ip: string;
  userAgent: string | null;
  requestId: string;
}

/** As much of a browser's name as is worth keeping. */
const MAX_USER_AGENT = 500;

export function originOf(request: FastifyRequest): RequestOrigin {
  const userAgent = request.headers['user-agent']?.slice(0, MAX_USER_AGENT) ?? null;
  return { ip: request.ip, userAgent, requestId: String(request.id) };
}

/** Where the request came from, for a handler. */
export const Origin = createParamDecorator((_: unknown, context: ExecutionContext) =>
  originOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
