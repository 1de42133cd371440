import { ApiHeader } from '@nestjs/swagger';
import { describeHeaders } from '../../common/http/openapi.js';
import type { FastifyReply } from 'fastify';
import type { OnceResponse } from './idempotency.service.js';

/** Documents that a route takes a key, and what that is good for. */
export const ApiIdempotencyKey = () =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'The same key and body within 24 h is one request, however often it is sent',
  });

/** The header of an answer that is given once more. */
export const REPLAYED_HEADER = describeHeaders({
  'Idempotency-Replayed': '`true`: the answer to an earlier request.',
});

/** Answers byte for byte, and says when it is a replay. */
export function sendOnce(reply: FastifyReply, { status, body, replayed }: OnceResponse): void {
  if (replayed) void reply.header('Idempotency-Replayed', 'true');
  void reply.status(status).type('application/json; charset=utf-8').send(body);
}
