import { fastify, type FastifyInstance } from 'fastify';
import { dispatch } from './api/dispatch.js';
import { apiRoutes } from './api/routes.js';
import { controlRoutes } from './controls.js';
import { parseForm } from './params.js';
import { checkoutPages } from './pages/checkout.js';
import { invoicePages } from './pages/invoice.js';
import { portalPages } from './pages/portal.js';
import { refusals } from './refusal.js';
import type { World } from './world.js';

/** The sandbox's HTTP: Stripe's API under `/v1`, pages for a browser, controls under `/sandbox`. */
export function buildServer(world: World): FastifyInstance {
  const app = fastify({
    forceCloseConnections: true,
    routerOptions: { querystringParser: parseForm, maxParamLength: 200 },
  });
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, parseForm(String(body))),
  );
  for (const route of apiRoutes(world)) {
    app.route({
      method: route.method,
      url: route.path,
      handler: (request, reply) => dispatch(world, route, request, reply),
    });
  }
  app.setNotFoundHandler((request, reply) => {
    const refusal = refusals.noSuchUrl(request.method, request.url);
    return reply.status(refusal.status).send(refusal.body());
  });
  checkoutPages(app, world);
  portalPages(app, world);
  invoicePages(app, world);
  controlRoutes(app, world);
  return app;
}
