import { applyDecorators, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppError } from './errors/app-error.js';
import { ApiExtension } from '@nestjs/swagger';

/** Who asks, as the one session statement of the request told it. */
export interface Principal {
  userId: string;
  sessionId: string;
  /** Part of the cached room list's key: it grows with every change to the person's rooms. */
  roomListVersion: number;
  /** What Stripe last said; null for a person who never paid. Whether it means Pro is the plan's to judge. */
  subscription: { status: string; currentPeriodStart: Date } | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    user?: Principal;
  }
}

/** The signed-in person of the request. Only behind the session guard. */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { user } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!user) throw new AppError('auth.unauthenticated');
  return user;
});

export const IS_PUBLIC = 'isPublic';

/** How the document learns that a route is open; gone before it is served. */
export const PUBLIC_EXTENSION = 'x-public';

/** Opens a route to everyone. Every other route wants a valid session: what is forgotten is closed. */
export const Public = () =>
  applyDecorators(SetMetadata(IS_PUBLIC, true), ApiExtension(PUBLIC_EXTENSION, true));
