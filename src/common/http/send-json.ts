import type { FastifyReply } from 'fastify';

/** Answers with JSON that is text already; `cache` tells in `X-Cache` where it came from. */
export function sendJson(
  reply: FastifyReply,
  { json, cache }: { json: string; cache?: 'HIT' | 'MISS' },
): void {
  if (cache) void reply.header('X-Cache', cache);
  void reply.type('application/json; charset=utf-8').send(json);
}
