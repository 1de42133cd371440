import { ApiHeader } from '@nestjs/swagger';
import { describeHeaders } from '../../common/http/openapi.js';
import type { FastifyReply } from 'fastify';
import type { OnceResponse } from './idempotency.service.js';

/** Documents the `Idempotency-Key` header of a route. */
export const ApiIdempotencyKey = () =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'The same key and body within 24 h is one request, however often it is sent',
  });

/** Documents the header of a replayed response. */
export const REPLAYED_HEADER = describeHeaders({
  'Idempotency-Replayed': '`true`: the answer to an earlier request.',
});

/** Sends a stored response byte for byte, and marks a replay with `Idempotency-Replayed`. */
export function sendOnce(reply: FastifyReply, { status, body, replayed }: OnceResponse): void {
  if (replayed) void reply.header('Idempotency-Replayed', 'true');
  void reply.status(status).type('application/json; charset=utf-8').send(body);
}
