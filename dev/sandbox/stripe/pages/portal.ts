import type { FastifyInstance } from 'fastify';
import { addMonths } from '../calendar.js';
import { newPaymentMethod, testCard, testCards } from '../card.js';
import { noRequest } from '../events.js';
import { isLive, itemOf, scheduleEnd } from '../subscription.js';
import type { PortalSession } from '../wire/billing-portal.js';
import type { Subscription } from '../wire/subscription.js';
import type { SandboxContext } from '../context.js';
import { asPage } from './page.js';
import { closedPortal, portalPage } from './portal-view.js';

interface PortalForm {
  action?: string;
  subscription?: string;
  card?: string;
}

/** The customer portal: cancel, resume, change the card, read invoices, advance the test clock. */
export function portalPages(app: FastifyInstance, context: SandboxContext): void {
  const find = (secret: string) =>
    Object.values(context.store.state.portalSessions).find(({ url }) => url.endsWith(`/p/session/${secret}`));

  app.get<{ Params: { secret: string } }>('/p/session/:secret', ({ params }, reply) => {
    const session = find(params.secret);
    void asPage(reply);
    return session ? reply.send(portalPage(context, session)) : reply.status(404).send(closedPortal());
  });

  app.post<{ Params: { secret: string }; Body: PortalForm }>(
    '/p/session/:secret',
    ({ params, body }, reply) => {
      const session = find(params.secret);
      if (!session) return asPage(reply).status(404).send(closedPortal());
      applyAction(context, session, body);
      context.store.touch();
      return reply.redirect(new URL(session.url).pathname, 303);
    },
  );
}

function applyAction(
  context: SandboxContext,
  { customer }: PortalSession,
  { action, subscription: id = '', card = '' }: PortalForm,
): void {
  const now = context.clock.now(customer);
  if (action === 'month') context.testClock.advance(customer, addMonths(now, 1));
  if (action === 'week') context.testClock.advance(customer, now + 7 * 86_400);
  const subscription = context.store.state.subscriptions[id];
  if (!subscription || subscription.customer !== customer || !isLive(subscription)) return;
  if (action === 'cancel_now') context.billing.cancel(subscription, 'cancellation_requested');
  if (action === 'card') changeCard(context, subscription, card);
  // As with flexible billing at Stripe, the portal sets `cancel_at` alone.
  if (action === 'cancel') changeEnd(context, subscription, itemOf(subscription).current_period_end);
  if (action === 'resume') changeEnd(context, subscription, null);
}

function changeEnd(context: SandboxContext, subscription: Subscription, at: number | null): void {
  const now = context.clock.now(subscription.customer);
  context.billing.change(subscription, noRequest, () => scheduleEnd(subscription, at, false, now));
}

/** A new card is charged for the open invoice, if there is one. */
function changeCard(context: SandboxContext, subscription: Subscription, number: string): void {
  const card = testCard(number) ?? testCards[0];
  const method = newPaymentMethod(card, subscription.customer);
  context.store.state.paymentMethods[method.id] = method;
  context.billing.change(subscription, noRequest, () => (subscription.default_payment_method = method.id));
  const latest = context.store.state.invoices[subscription.latest_invoice ?? ''];
  if (latest?.status === 'open') context.billing.settle(latest, noRequest);
}
