import { newPaymentMethod, testCardOfToken } from '../cards.js';
import { listParams, page } from '../paging.js';
import { refusals } from '../refusal.js';
import { isLive, itemOf, schedule } from '../subscriptions.js';
import type { PaymentMethod, Subscription } from '../wire.js';
import type { Call, Route, World } from '../world.js';
import { getCustomer } from './customers.js';

const createParams = [
  'customer', 'items', 'metadata', 'description', 'default_payment_method', 'trial_period_days', 'payment_behavior',
  'cancel_at_period_end', 'collection_method', 'off_session', 'billing_mode', 'currency',
]; // prettier-ignore
const updateParams = [
  'metadata', 'description', 'default_payment_method', 'cancel_at', 'cancel_at_period_end', 'cancellation_details',
  'proration_behavior', 'payment_behavior', 'off_session',
]; // prettier-ignore
const cancelParams = ['cancellation_details', 'invoice_now', 'prorate'];

export function subscriptionRoutes(world: World): Route[] {
  const path = '/v1/subscriptions';
  const all = () => Object.values(world.store.state.subscriptions);
  const list = ({ params }: Call) => page(all().filter(filter(params)), params, path);
  const cancel = ({ id, params, cause }: Call) => {
    const subscription = getLive(world, id);
    subscription.cancellation_details.comment = params.group('cancellation_details').text('comment');
    world.billing.cancel(subscription, 'cancellation_requested', cause);
    return subscription;
  };
  return [
    { method: 'POST', path, params: createParams, handle: (call) => create(world, call) },
    { method: 'GET', path, params: [...listParams, 'customer', 'status', 'price'], handle: list },
    { method: 'GET', path: `${path}/:id`, params: [], handle: ({ id }) => get(world, id) },
    { method: 'POST', path: `${path}/:id`, params: updateParams, handle: (call) => update(world, call) },
    { method: 'DELETE', path: `${path}/:id`, params: cancelParams, handle: cancel },
  ];
}

function get(world: World, id: string): Subscription {
  const subscription = world.store.state.subscriptions[id];
  if (!subscription) throw refusals.noSuch('subscription', id);
  return subscription;
}

/** An ended subscription cannot be changed any more; Stripe then says there is none. */
function getLive(world: World, id: string): Subscription {
  const subscription = get(world, id);
  if (!isLive(subscription)) throw refusals.noSuch('subscription', id);
  return subscription;
}

/** Without a status, ended subscriptions are left out, as Stripe leaves them out. */
function filter(params: Call['params']): (subscription: Subscription) => boolean {
  const [customer, status, price] = ['customer', 'status', 'price'].map((key) => params.text(key));
  return (subscription) =>
    (!customer || subscription.customer === customer) &&
    (!price || itemOf(subscription).price.id === price) &&
    (status === 'all' || (status ? fits(subscription, status) : subscription.status !== 'canceled'));
}

function fits(subscription: Subscription, status: string): boolean {
  return status === 'ended' ? !isLive(subscription) : subscription.status === status;
}

function create(world: World, { params, cause }: Call): Subscription {
  const customer = getCustomer(world, params.required('customer'), 'customer');
  const [item] = params.groups('items');
  if (!item) throw refusals.missing('items');
  const price = world.store.state.prices[item.required('price')];
  if (!price) throw refusals.noSuchParam('price', item.required('price'), 'items[0][price]');
  const method = paymentMethod(world, customer.id, params.text('default_payment_method'));
  const waits = params.text('payment_behavior') === 'default_incomplete';
  const trialDays = params.whole('trial_period_days');
  if (!method && !customer.invoice_settings.default_payment_method && !waits && !trialDays) {
    throw refusals.invalid('This customer has no attached payment source or default payment method.');
  }
  return world.billing.begin(
    {
      customer: customer.id,
      price,
      quantity: item.whole('quantity') ?? 1,
      metadata: params.metadata(),
      description: params.text('description'),
      paymentMethod: waits ? null : method,
      trialDays,
    },
    cause,
  );
}

/** A method made before, or a new one from a test token such as `pm_card_visa`. */
function paymentMethod(world: World, customer: string, id: string | null): PaymentMethod | null {
  if (id === null) return null;
  const { paymentMethods } = world.store.state;
  const known = paymentMethods[id];
  if (known) return known;
  const card = testCardOfToken(id);
  if (!card) throw refusals.noSuchParam('PaymentMethod', id, 'default_payment_method');
  const made = newPaymentMethod(card, customer);
  paymentMethods[made.id] = made;
  return made;
}

function update(world: World, { id, params, cause }: Call): Subscription {
  const subscription = getLive(world, id);
  if (params.has('cancel_at') && params.has('cancel_at_period_end')) {
    throw refusals.invalid(
      'You may only specify one of these parameters: cancel_at, cancel_at_period_end.',
      'cancel_at',
    );
  }
  const method = paymentMethod(world, subscription.customer, params.text('default_payment_method'));
  const cancelAt = params.has('cancel_at') ? cancelTime(params, subscription) : undefined;
  const now = world.clock.now(subscription.customer);
  world.billing.change(subscription, cause, () => {
    subscription.metadata = params.metadata(subscription.metadata);
    if (params.has('description')) subscription.description = params.text('description');
    if (method) subscription.default_payment_method = method.id;
    if (cancelAt !== undefined) schedule(subscription, cancelAt, false, now);
    const atEnd = params.flag('cancel_at_period_end');
    if (atEnd === true) schedule(subscription, itemOf(subscription).current_period_end, true, now);
    // Turning off a flag that is off leaves a `cancel_at` that was set by itself.
    if (atEnd === false && subscription.cancel_at_period_end) schedule(subscription, null, false, now);
  });
  return subscription;
}

function cancelTime(params: Call['params'], subscription: Subscription): number | null {
  const named = params.text('cancel_at');
  if (named === 'min_period_end' || named === 'max_period_end')
    return itemOf(subscription).current_period_end;
  return params.whole('cancel_at');
}
