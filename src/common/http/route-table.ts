import type { FastifyInstance } from 'fastify';
import findMyWay, { type HTTPMethod } from 'find-my-way';

/** The longest path parameter in characters; a path with a longer one is unknown. */
export const MAX_PARAM_LENGTH = 512;

const METHODS: HTTPMethod[] = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'];

declare module 'fastify' {
  interface FastifyInstance {
    /** The methods of a path; empty for an unknown path. */
    allowedMethods(path: string): string[];
  }
}

/** Records every route, so that a known path with another method is distinguished from an unknown path. */
export function noteRoutes(fastify: FastifyInstance): void {
  const table = findMyWay({ maxParamLength: MAX_PARAM_LENGTH });
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat() as HTTPMethod[]) {
      if (METHODS.includes(each) && !table.hasRoute(each, url) && !url.includes('*'))
        table.on(each, url, () => {});
    }
  });
  fastify.decorate('allowedMethods', (path: string) => METHODS.filter((method) => table.find(method, path)));
}
