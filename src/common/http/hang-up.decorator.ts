import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

/** An AbortSignal that ends when the client goes away before it has its answer. */
export const HangUp = createParamDecorator((_: unknown, context: ExecutionContext): AbortSignal => {
  const { raw } = context.switchToHttp().getResponse<FastifyReply>();
  const controller = new AbortController();
  const stop = () => {
    if (!raw.writableFinished) controller.abort();
  };
  if (raw.destroyed) stop();
  else raw.once('close', stop);
  return controller.signal;
});
