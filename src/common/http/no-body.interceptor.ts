import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { AppError } from '../errors/app-error.js';

/** Refuses a body sent to a route that takes none, as unknown fields are refused elsewhere; no body and `{}` are accepted. */
export class NoBodyInterceptor implements NestInterceptor {
  /** @throws AppError `validation.failed` */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { body } = context.switchToHttp().getRequest<FastifyRequest<{ Body?: object }>>();
    if (body && !readsBody(context)) requireEmpty(body);
    return next.handle();
  }
}

/** Whether the handler has a `@Body()`, whose own type then decides. */
function readsBody(context: ExecutionContext): boolean {
  const { name } = context.getHandler();
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), name) ?? {}) as object;
  return Object.keys(parameters).some((key) => key.startsWith(`${RouteParamtypes.BODY}:`));
}

function requireEmpty(body: object): void {
  const errors = Object.keys(body).map((field) => ({ field, message: `property ${field} should not exist` }));
  if (errors.length > 0)
    throw new AppError('validation.failed', { detail: 'This route takes no body.', errors });
}
