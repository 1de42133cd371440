import type { FastifyInstance } from 'fastify';
import { addMonths } from '../calendar.js';
import { newPaymentMethod, testCard, testCards } from '../cards.js';
import { nobody } from '../events.js';
import { isLive, itemOf, schedule } from '../subscriptions.js';
import type { PortalSession, Subscription } from '../wire.js';
import type { World } from '../world.js';
import { closedPortal, portalPage } from './portal-view.js';

interface Chosen {
  action?: string;
  subscription?: string;
  card?: string;
}

/** The customer portal: cancel, resume, change the card, look at invoices, and let time pass. */
export function portalPages(app: FastifyInstance, world: World): void {
  const find = (secret: string) =>
    Object.values(world.store.state.portalSessions).find(({ url }) => url.endsWith(`/p/session/${secret}`));

  app.get<{ Params: { secret: string } }>('/p/session/:secret', ({ params }, reply) => {
    const session = find(params.secret);
    void reply.type('text/html; charset=utf-8').header('cache-control', 'no-store');
    return session ? reply.send(portalPage(world, session)) : reply.status(404).send(closedPortal());
  });

  app.post<{ Params: { secret: string }; Body: Chosen }>('/p/session/:secret', ({ params, body }, reply) => {
    const session = find(params.secret);
    if (!session) return reply.status(404).type('text/html; charset=utf-8').send(closedPortal());
    act(world, session, body);
    world.store.touch();
    return reply.redirect(new URL(session.url).pathname, 303);
  });
}

function act(
  world: World,
  { customer }: PortalSession,
  { action, subscription: id = '', card = '' }: Chosen,
): void {
  const now = world.clock.now(customer);
  if (action === 'month') world.testClock.advance(customer, addMonths(now, 1));
  if (action === 'week') world.testClock.advance(customer, now + 7 * 86_400);
  const subscription = world.store.state.subscriptions[id];
  if (!subscription || subscription.customer !== customer || !isLive(subscription)) return;
  if (action === 'cancel_now') world.billing.cancel(subscription, 'cancellation_requested');
  if (action === 'card') changeCard(world, subscription, card);
  // The portal tells of a planned end by `cancel_at` alone, as flexible billing does.
  if (action === 'cancel') replan(world, subscription, itemOf(subscription).current_period_end);
  if (action === 'resume') replan(world, subscription, null);
}

function replan(world: World, subscription: Subscription, at: number | null): void {
  const now = world.clock.now(subscription.customer);
  world.billing.change(subscription, nobody, () => schedule(subscription, at, false, now));
}

/** A new card is charged for what is still open. */
function changeCard(world: World, subscription: Subscription, number: string): void {
  const card = testCard(number) ?? testCards[0];
  const method = newPaymentMethod(card, subscription.customer);
  world.store.state.paymentMethods[method.id] = method;
  world.billing.change(subscription, nobody, () => (subscription.default_payment_method = method.id));
  const latest = world.store.state.invoices[subscription.latest_invoice ?? ''];
  if (latest?.status === 'open') world.billing.settle(latest, nobody);
}
