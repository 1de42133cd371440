import type { FastifyInstance } from 'fastify';
import { addMonths } from './calendar.js';
import { testCard } from './cards.js';
import { plainRules, type DeliveryRules } from './deliveries.js';
import { nobody } from './events.js';
import type { Fault } from './faults.js';
import { Refusal } from './refusal.js';
import { itemOf, schedule } from './subscriptions.js';
import type { SubscriptionStatus } from './wire.js';
import type { World } from './world.js';

/** Handles for tests and the curious, under `/sandbox`; bodies and answers are JSON. */
export function controlRoutes(app: FastifyInstance, world: World): void {
  deliveryControls(app, world);
  requestControls(app, world);
  billingControls(app, world);
}

function deliveryControls(app: FastifyInstance, world: World): void {
  const { deliveries, store } = world;
  app.get('/sandbox/deliveries', () => ({
    rules: deliveries.rules,
    data: Object.values(store.state.deliveries),
  }));
  app.post<{ Body: Partial<DeliveryRules> }>('/sandbox/deliveries/rules', ({ body }) => {
    deliveries.rules = { ...plainRules, ...body };
    return deliveries.rules;
  });
  app.post<{ Body?: { events?: string[] } }>('/sandbox/deliveries/release', async ({ body }) => {
    await deliveries.release(body?.events);
    return { data: Object.values(store.state.deliveries) };
  });
  app.post<{ Params: { id: string } }>('/sandbox/events/:id/deliver', async ({ params }, reply) => {
    const event = store.state.events[params.id];
    return event ? deliveries.deliver(event) : reply.callNotFound();
  });
  app.post<{ Body: { type: string; object: unknown } }>('/sandbox/events', ({ body }) =>
    world.events.emit(body.type, body.object),
  );
}

function requestControls(app: FastifyInstance, world: World): void {
  const { faults, journal, store } = world;
  app.post<{ Body: Fault }>('/sandbox/faults', ({ body }, reply) => {
    faults.add(body);
    return reply.status(204).send();
  });
  app.delete('/sandbox/faults', (_request, reply) => {
    faults.clear();
    return reply.status(204).send();
  });
  app.get<{ Querystring: { match?: string } }>('/sandbox/requests', ({ query }) => ({
    data: journal.seen(query.match),
  }));
  app.delete('/sandbox/requests', (_request, reply) => {
    journal.clear();
    return reply.status(204).send();
  });
  app.get('/sandbox/state', () => store.state);
}

function billingControls(app: FastifyInstance, world: World): void {
  const { state } = world.store;
  app.post<{ Body: { customer: string; to?: number; months?: number; days?: number } }>(
    '/sandbox/clock/advance',
    ({ body: { customer, to, months = 0, days = 0 } }) => {
      const now = world.clock.now(customer);
      world.testClock.advance(customer, to ?? addMonths(now, months) + days * 86_400);
      return { now: world.clock.now(customer) };
    },
  );
  app.post<{ Params: { id: string }; Body: { card?: string } }>(
    '/sandbox/checkout/:id/pay',
    ({ params, body }, reply) => {
      const session = state.sessions[params.id];
      const card = testCard(body.card ?? '4242424242424242');
      if (!session || !card) return reply.callNotFound();
      try {
        world.desk.pay(session, card);
        return session;
      } catch (error) {
        if (error instanceof Refusal) return reply.status(error.status).send(error.body());
        throw error;
      }
    },
  );
  app.post<{
    Params: { id: string };
    Body: { status?: SubscriptionStatus; cancelAtPeriodEnd?: 'flexible' | 'classic' };
  }>('/sandbox/subscriptions/:id', ({ params, body }, reply) => {
    const subscription = state.subscriptions[params.id];
    if (!subscription) return reply.callNotFound();
    const { status, cancelAtPeriodEnd: way } = body;
    const now = world.clock.now(subscription.customer);
    if (status === 'canceled') world.billing.cancel(subscription, 'cancellation_requested');
    else {
      world.billing.change(subscription, nobody, () => {
        if (way) schedule(subscription, itemOf(subscription).current_period_end, way === 'classic', now);
        if (status) subscription.status = status;
      });
    }
    return subscription;
  });
}
