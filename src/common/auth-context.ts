import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppError } from './errors/app-error.js';
import { Policy } from './http/route-policy.js';
import { ApiExtension } from '@nestjs/swagger';

/** The signed-in user of a request, as read by its session statement. */
export interface Principal {
  userId: string;
  sessionId: string;
  /** The user signed in or reauthenticated within the last ten minutes: see `requireRecent`. */
  recent: boolean;
  /** Part of the key of the cached room list: raised by every change to the user's rooms. */
  roomListVersion: number;
  /** The subscription as Stripe last reported it; null for a user who never paid. The plan module decides whether it means Pro. */
  subscription: { status: string; currentPeriodStart: Date; withheld: string | null } | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    user?: Principal;
  }
}

/** The signed-in person of the request. Only on routes that are not public. */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { user } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!user) throw new AppError('auth.unauthenticated');
  return user;
});

/**
 * Requires that the user proved a moment ago who he is: a stolen access token alone must not take an account over.
 * @throws AppError `auth.reauthentication_required`
 */
export function requireRecent({ recent }: Principal): void {
  if (!recent) throw new AppError('auth.reauthentication_required');
}

/** Marks a public route for the OpenAPI document; removed before the document is served. */
export const PUBLIC_EXTENSION = 'x-public';

/** Marks a route without a burst limit for the OpenAPI document; removed before the document is served. */
export const UNCOUNTED_EXTENSION = 'x-uncounted';

/** Takes a public route out of the burst limits: its caller is known in another way, or asks as often as it must. */
export const Uncounted = () =>
  applyDecorators(Policy({ isUncounted: true }), ApiExtension(UNCOUNTED_EXTENSION, true));

/** Makes a route public. Every other route requires a valid session, so that a forgotten decorator opens nothing. */
export const Public = () => applyDecorators(Policy({ isPublic: true }), ApiExtension(PUBLIC_EXTENSION, true));
