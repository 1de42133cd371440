import { newPaymentMethod, testCardOfToken } from '../card.js';
import { listParams, page } from '../paging.js';
import { apiErrors } from '../api-error.js';
import { isLive, itemOf, scheduleEnd } from '../subscription.js';
import { requireNoSchedule } from '../schedule.js';
import type { PaymentMethod } from '../wire/customer.js';
import type { Subscription } from '../wire/subscription.js';
import type { Call, Route, SandboxContext } from '../context.js';
import { getCustomer } from './customers.js';

const createParams = [
  'customer', 'items', 'metadata', 'description', 'default_payment_method', 'trial_period_days', 'payment_behavior',
  'cancel_at_period_end', 'collection_method', 'off_session', 'billing_mode', 'currency',
]; // prettier-ignore
const updateParams = [
  'metadata', 'description', 'default_payment_method', 'cancel_at', 'cancel_at_period_end', 'cancellation_details',
  'proration_behavior', 'payment_behavior', 'off_session', 'pause_collection', 'items',
]; // prettier-ignore
const cancelParams = ['cancellation_details', 'invoice_now', 'prorate'];

export function subscriptionRoutes(context: SandboxContext): Route[] {
  const path = '/v1/subscriptions';
  const all = () => Object.values(context.store.state.subscriptions);
  const list = ({ params }: Call) => page(all().filter(filter(params)), params, path);
  const cancel = ({ id, params, cause }: Call) => {
    const subscription = getLive(context, id);
    subscription.cancellation_details.comment = params.group('cancellation_details').text('comment');
    context.billing.cancel(subscription, 'cancellation_requested', cause);
    return subscription;
  };
  return [
    { method: 'POST', path, params: createParams, handle: (call) => create(context, call) },
    { method: 'GET', path, params: [...listParams, 'customer', 'status', 'price'], handle: list },
    { method: 'GET', path: `${path}/:id`, params: [], handle: ({ id }) => get(context, id) },
    { method: 'POST', path: `${path}/:id`, params: updateParams, handle: (call) => update(context, call) },
    { method: 'DELETE', path: `${path}/:id`, params: cancelParams, handle: cancel },
  ];
}

function get(context: SandboxContext, id: string): Subscription {
  const subscription = context.store.state.subscriptions[id];
  if (!subscription) throw apiErrors.noSuch('subscription', id);
  return subscription;
}

/** An ended subscription cannot be changed: Stripe responds as if it did not exist. */
function getLive(context: SandboxContext, id: string): Subscription {
  const subscription = get(context, id);
  if (!isLive(subscription)) throw apiErrors.noSuch('subscription', id);
  return subscription;
}

/** Without a status, ended subscriptions are left out, as Stripe leaves them out. */
function filter(params: Call['params']): (subscription: Subscription) => boolean {
  const [customer, status, price] = ['customer', 'status', 'price'].map((key) => params.text(key));
  return (subscription) =>
    (!customer || subscription.customer === customer) &&
    (!price || itemOf(subscription).price.id === price) &&
    (status === 'all' || (status ? hasStatus(subscription, status) : subscription.status !== 'canceled'));
}

function hasStatus(subscription: Subscription, status: string): boolean {
  return status === 'ended' ? !isLive(subscription) : subscription.status === status;
}

function create(context: SandboxContext, { params, cause }: Call): Subscription {
  const customer = getCustomer(context, params.required('customer'), 'customer');
  const [item] = params.groups('items');
  if (!item) throw apiErrors.missing('items');
  const price = context.store.state.prices[item.required('price')];
  if (!price) throw apiErrors.noSuchParam('price', item.required('price'), 'items[0][price]');
  const method = paymentMethod(context, customer.id, params.text('default_payment_method'));
  const unpaid = params.text('payment_behavior') === 'default_incomplete';
  const trialDays = params.int('trial_period_days');
  if (!method && !customer.invoice_settings.default_payment_method && !unpaid && !trialDays) {
    throw apiErrors.invalid('This customer has no attached payment source or default payment method.');
  }
  return context.billing.createSubscription(
    {
      customer: customer.id,
      price,
      quantity: item.int('quantity') ?? 1,
      metadata: params.metadata(),
      description: params.text('description'),
      paymentMethod: unpaid ? null : method,
      trialDays,
    },
    cause,
  );
}

/** A method created before, or a new one from a test token such as `pm_card_visa`. */
function paymentMethod(context: SandboxContext, customer: string, id: string | null): PaymentMethod | null {
  if (id === null) return null;
  const { paymentMethods } = context.store.state;
  const existing = paymentMethods[id];
  if (existing) return existing;
  const card = testCardOfToken(id);
  if (!card) throw apiErrors.noSuchParam('PaymentMethod', id, 'default_payment_method');
  const created = newPaymentMethod(card, customer);
  paymentMethods[created.id] = created;
  return created;
}

function update(context: SandboxContext, { id, params, cause }: Call): Subscription {
  const subscription = getLive(context, id);
  if (params.has('cancel_at') && params.has('cancel_at_period_end')) {
    throw apiErrors.invalid(
      'You may only specify one of these parameters: cancel_at, cancel_at_period_end.',
      'cancel_at',
    );
  }
  if (params.has('cancel_at') || params.has('cancel_at_period_end')) requireNoSchedule(subscription);
  const method = paymentMethod(context, subscription.customer, params.text('default_payment_method'));
  const cancelAt = params.has('cancel_at') ? cancelTime(params, subscription) : undefined;
  const now = context.clock.now(subscription.customer);
  context.billing.change(subscription, cause, () => {
    subscription.metadata = params.metadata(subscription.metadata);
    if (params.has('description')) subscription.description = params.text('description');
    if (method) subscription.default_payment_method = method.id;
    if (params.has('pause_collection')) subscription.pause_collection = pauseOf(params);
    const quantity = params.groups('items')[0]?.int('quantity');
    if (typeof quantity === 'number') itemOf(subscription).quantity = quantity;
    if (cancelAt !== undefined) scheduleEnd(subscription, cancelAt, false, now);
    const atEnd = params.bool('cancel_at_period_end');
    if (atEnd === true) scheduleEnd(subscription, itemOf(subscription).current_period_end, true, now);
    // Turning off a flag that is off leaves a `cancel_at` that was set by itself.
    if (atEnd === false && subscription.cancel_at_period_end) scheduleEnd(subscription, null, false, now);
  });
  return subscription;
}

function cancelTime(params: Call['params'], subscription: Subscription): number | null {
  const named = params.text('cancel_at');
  if (named === 'min_period_end' || named === 'max_period_end')
    return itemOf(subscription).current_period_end;
  return params.int('cancel_at');
}

/** An empty parameter ends the pause. */
function pauseOf(params: Call['params']): Subscription['pause_collection'] {
  const behavior = params.group('pause_collection').text('behavior');
  if (behavior === null) return null;
  if (behavior !== 'void' && behavior !== 'mark_uncollectible' && behavior !== 'keep_as_draft')
    throw apiErrors.invalid(`Invalid pause_collection[behavior]: ${behavior}`, 'pause_collection[behavior]');
  return { behavior, resumes_at: null };
}
