import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyContextConfig, FastifyRequest, RouteOptions } from 'fastify';

/** What must be known of a route before the body of a request is read. */
export interface RoutePolicy {
  /** No session is needed. */
  isPublic?: boolean;
  /** No limit of an address counts its requests. */
  isUncounted?: boolean;
  /** A limit of the user beside that for all routes. */
  limit?: 'billing';
  /** The body is not parsed: its bytes are trusted only after a signature check. */
  takesBytes?: boolean;
  /** The largest body in bytes. */
  bodyLimit?: number;
  /** `Content-Security-Policy` of the route's HTML; without it, HTML loads and runs nothing. */
  contentPolicy?: string;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    policy?: RoutePolicy;
  }
}

export const KIB = 1024;

/** For routes that do not say otherwise. */
const SMALLEST_BODY_LIMIT = 8 * KIB;

/** Sets the policy of a route, or of all routes of a controller; what a route says itself wins. */
export function Policy(policy: RoutePolicy): ClassDecorator & MethodDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    if (descriptor) return merge(descriptor, policy, 'wins');
    const { prototype } = target as { prototype: object };
    for (const [name, each] of Object.entries(Object.getOwnPropertyDescriptors(prototype)))
      if (name !== 'constructor' && typeof each.value === 'function') merge(each, policy, 'yields');
  };
}

/** Nest passes a handler's `RouteConfig` on to Fastify, but not that of its class; and of two, only the last. */
function merge(descriptor: PropertyDescriptor, policy: RoutePolicy, rank: 'wins' | 'yields'): void {
  const handler = descriptor.value as object;
  const config = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler) as
    FastifyContextConfig | undefined;
  const known = config?.policy;
  const merged = rank === 'wins' ? { ...known, ...policy } : { ...policy, ...known };
  RouteConfig({ ...config, policy: merged })({}, '', descriptor);
}

/** Sets the largest body of a route, or of all routes of a controller. @param bytes its size */
export const BodyLimit = (bytes: number) => Policy({ bodyLimit: bytes });

/** The policy of the route of a request; that of an unknown route is empty. */
export function policyOf(request: FastifyRequest): RoutePolicy {
  return request.routeOptions.config?.policy ?? {};
}

/**
 * Routes of pages that packages serve and that have no policy: the documentation, and the queue board with a password of its
 * own. Both need their own scripts alone; their styles are also in attributes.
 */
const PAGES = /^\/(?:docs|queues)(?![^-/])/;
const PAGE_CONTENT = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Prepares a new route of the server by its policy. */
export function applyPolicy(route: RouteOptions): void {
  if (PAGES.test(route.url))
    route.config = { ...route.config, policy: { isPublic: true, contentPolicy: PAGE_CONTENT } };
  route.bodyLimit = route.config?.policy?.bodyLimit ?? SMALLEST_BODY_LIMIT;
}
