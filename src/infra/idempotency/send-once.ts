import type { FastifyReply } from 'fastify';
import type { OnceAnswer } from './idempotency.service.js';

/** Answers byte for byte, and says when it is a replay. */
export function sendOnce(reply: FastifyReply, { status, body, replayed }: OnceAnswer): void {
  if (replayed) void reply.header('Idempotency-Replayed', 'true');
  void reply.status(status).type('application/json; charset=utf-8').send(body);
}
