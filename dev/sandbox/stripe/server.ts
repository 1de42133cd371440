import { fastify, type FastifyInstance } from 'fastify';
import { CROSS_SITE, isCrossSite } from '../same-origin.js';
import { dispatch } from './api/dispatch.js';
import { apiRoutes } from './api/routes.js';
import { controlRoutes } from './controls.js';
import { parseForm } from './params.js';
import { checkoutPages } from './pages/checkout.js';
import { invoicePages } from './pages/invoice.js';
import { portalPages } from './pages/portal.js';
import { apiErrors } from './api-error.js';
import type { SandboxContext } from './context.js';

/** The sandbox's HTTP: Stripe's API under `/v1`, pages for a browser, controls under `/sandbox`. */
export function buildServer(context: SandboxContext): FastifyInstance {
  const app = fastify({
    forceCloseConnections: true,
    routerOptions: { querystringParser: parseForm, maxParamLength: 200 },
  });
  app.addHook('onRequest', async (request, reply) => {
    if (isCrossSite(request.method, request.headers)) return reply.status(403).send({ error: CROSS_SITE });
  });
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, parseForm(String(body))),
  );
  for (const route of apiRoutes(context)) {
    app.route({
      method: route.method,
      url: route.path,
      handler: (request, reply) => dispatch(context, route, request, reply),
    });
  }
  app.setNotFoundHandler((request, reply) => {
    const error = apiErrors.noSuchUrl(request.method, request.url);
    return reply.status(error.status).send(error.body());
  });
  checkoutPages(app, context);
  portalPages(app, context);
  invoicePages(app, context);
  controlRoutes(app, context);
  return app;
}
