import type { FastifyInstance } from 'fastify';
import { addMonths } from './calendar.js';
import { testCard } from './card.js';
import { defaultRules, type DeliveryRules } from './deliveries.js';
import { noRequest } from './events.js';
import type { Fault } from './faults.js';
import { ApiError } from './api-error.js';
import { attachSchedule } from './schedule.js';
import { itemOf, scheduleEnd } from './subscription.js';
import type { Dispute } from './wire/payment.js';
import type { SubscriptionStatus } from './wire/subscription.js';
import type { SandboxContext } from './context.js';

/** Routes under `/sandbox` that control the sandbox; request and response bodies are JSON. */
export function controlRoutes(app: FastifyInstance, context: SandboxContext): void {
  deliveryControls(app, context);
  requestControls(app, context);
  billingControls(app, context);
}

function deliveryControls(app: FastifyInstance, context: SandboxContext): void {
  const { deliveries, store } = context;
  app.get('/sandbox/deliveries', () => ({
    rules: deliveries.rules,
    data: Object.values(store.state.deliveries),
  }));
  app.post<{ Body: Partial<DeliveryRules> }>('/sandbox/deliveries/rules', ({ body }) => {
    deliveries.rules = { ...defaultRules, ...body };
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
    context.events.emit(body.type, body.object),
  );
}

function requestControls(app: FastifyInstance, context: SandboxContext): void {
  const { faults, journal, store } = context;
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

function billingControls(app: FastifyInstance, context: SandboxContext): void {
  const { state } = context.store;
  app.post<{ Body: { customer: string; to?: number; months?: number; days?: number } }>(
    '/sandbox/clock/advance',
    ({ body: { customer, to, months = 0, days = 0 } }) => {
      const now = context.clock.now(customer);
      context.testClock.advance(customer, to ?? addMonths(now, months) + days * 86_400);
      return { now: context.clock.now(customer) };
    },
  );
  app.post<{ Params: { id: string }; Body: { card?: string } }>(
    '/sandbox/checkout/:id/pay',
    ({ params, body }, reply) => {
      const session = state.sessions[params.id];
      const card = testCard(body.card ?? '4242424242424242');
      if (!session || !card) return reply.callNotFound();
      try {
        context.checkout.pay(session, card);
        return session;
      } catch (error) {
        if (error instanceof ApiError) return reply.status(error.status).send(error.body());
        throw error;
      }
    },
  );
  app.post<{ Params: { id: string }; Body: { status: Dispute['status'] } }>(
    '/sandbox/charges/:id/dispute',
    ({ params, body }, reply) => {
      const charge = state.charges[params.id];
      return charge ? context.payments.dispute(charge, body.status) : reply.callNotFound();
    },
  );
  app.post<{ Params: { id: string } }>('/sandbox/refunds/:id/fail', ({ params }, reply) => {
    const refund = state.refunds[params.id];
    if (!refund) return reply.callNotFound();
    context.payments.failRefund(refund);
    return refund;
  });
  app.post<{
    Params: { id: string };
    Body: {
      status?: SubscriptionStatus;
      cancelAtPeriodEnd?: 'flexible' | 'classic';
      schedule?: boolean;
    };
  }>('/sandbox/subscriptions/:id', ({ params, body }, reply) => {
    const subscription = state.subscriptions[params.id];
    if (!subscription) return reply.callNotFound();
    const { status, cancelAtPeriodEnd: mode, schedule } = body;
    const now = context.clock.now(subscription.customer);
    if (status === 'canceled') context.billing.cancel(subscription, 'cancellation_requested');
    else {
      context.billing.change(subscription, noRequest, () => {
        if (mode) scheduleEnd(subscription, itemOf(subscription).current_period_end, mode === 'classic', now);
        if (status) subscription.status = status;
        if (schedule) attachSchedule(context.store, subscription, now);
      });
    }
    return subscription;
  });
}
