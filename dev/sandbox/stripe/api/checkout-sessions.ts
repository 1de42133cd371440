import { makeId } from '../wire/object.js';
import { listParams, page } from '../paging.js';
import { apiErrors } from '../api-error.js';
import type { CheckoutSession, LineItem } from '../wire/checkout-session.js';
import type { Call, Route, SandboxContext } from '../context.js';
import { getCustomer } from './customers.js';

/** `payment_method_types` is not among them: this API version dropped it. */
const createParams = [
  'mode', 'line_items', 'customer', 'customer_email', 'success_url', 'cancel_url', 'client_reference_id', 'metadata',
  'subscription_data', 'expires_at', 'locale', 'allow_promotion_codes', 'ui_mode', 'billing_address_collection',
  'automatic_tax', 'customer_update', 'payment_method_collection', 'tax_id_collection', 'custom_text',
  'phone_number_collection', 'consent_collection', 'submit_type',
]; // prettier-ignore
const halfHour = 1800;
const day = 86_400;

export function checkoutSessionRoutes(context: SandboxContext): Route[] {
  const { state } = context.store;
  const path = '/v1/checkout/sessions';
  const get = (id: string) => {
    const session = state.sessions[id];
    if (!session) throw apiErrors.noSuch('checkout.session', id);
    return session;
  };
  const list = ({ params }: Call) => page(Object.values(state.sessions).filter(filter(params)), params, path);
  const expire = ({ id, cause }: Call) => {
    context.checkout.expire(get(id), cause);
    return get(id);
  };
  return [
    { method: 'POST', path, params: createParams, handle: (call) => create(context, call) },
    { method: 'GET', path, params: [...listParams, 'customer', 'subscription', 'status'], handle: list },
    { method: 'GET', path: `${path}/:id`, params: [], handle: ({ id }) => get(id) },
    { method: 'POST', path: `${path}/:id/expire`, params: [], handle: expire },
    {
      method: 'GET',
      path: `${path}/:id/line_items`,
      params: listParams,
      handle: ({ id }) => get(id).line_items,
    },
  ];
}

function filter(params: Call['params']): (session: CheckoutSession) => boolean {
  const [customer, subscription, status] = ['customer', 'subscription', 'status'].map((key) =>
    params.text(key),
  );
  return (session) =>
    (!customer || session.customer === customer) &&
    (!subscription || session.subscription === subscription) &&
    (!status || session.status === status);
}

function create(context: SandboxContext, { params }: Call): CheckoutSession {
  const mode = params.required('mode');
  if (mode !== 'subscription') throw apiErrors.invalid('The sandbox knows only `subscription` mode.', 'mode');
  const uiMode = params.text('ui_mode') ?? 'hosted_page';
  if (uiMode !== 'hosted_page')
    throw apiErrors.invalid(`Invalid ui_mode: must be hosted_page here`, 'ui_mode');
  const customer = params.text('customer');
  if (customer) getCustomer(context, customer, 'customer');
  const line = lineItem(context, params);
  const now = context.clock.now(customer);
  const session = build(params, { customer, line, now, url: context.publicUrl() });
  context.store.state.sessions[session.id] = session;
  return session;
}

interface Parts {
  customer: string | null;
  line: LineItem;
  now: number;
  url: string;
}

function build(params: Call['params'], { customer, line, now, url }: Parts): CheckoutSession {
  const id = makeId('cs_test_', 58);
  const data = params.group('subscription_data');
  return {
    id,
    object: 'checkout.session',
    created: now,
    livemode: false,
    mode: 'subscription',
    status: 'open',
    payment_status: 'unpaid',
    ui_mode: 'hosted_page',
    url: `${url}/c/pay/${id}`,
    success_url: params.required('success_url'),
    cancel_url: params.text('cancel_url'),
    expires_at: expiry(params, now),
    customer,
    customer_email: params.text('customer_email'),
    customer_details: null,
    client_reference_id: params.text('client_reference_id'),
    amount_subtotal: line.amount_subtotal,
    amount_total: line.amount_total,
    currency: line.currency,
    subscription: null,
    invoice: null,
    payment_intent: null,
    setup_intent: null,
    payment_link: null,
    payment_method_collection: 'always',
    payment_method_types: ['card'],
    allow_promotion_codes: params.bool('allow_promotion_codes'),
    after_expiration: null,
    locale: params.text('locale'),
    metadata: params.metadata(),
    line_items: {
      object: 'list',
      data: [line],
      has_more: false,
      url: `/v1/checkout/sessions/${id}/line_items`,
    },
    subscription_data: {
      metadata: data.metadata(),
      trial_period_days: data.int('trial_period_days'),
      description: data.text('description'),
    },
  };
}

function expiry(params: Call['params'], now: number): number {
  const at = params.int('expires_at') ?? now + day;
  if (at < now + halfHour - 60 || at > now + day + 60) {
    throw apiErrors.invalid(
      'The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.',
      'expires_at',
    );
  }
  return at;
}

function lineItem(context: SandboxContext, params: Call['params']): LineItem {
  const lines = params.groups('line_items');
  const [line] = lines;
  if (lines.length === 0) throw apiErrors.missing('line_items');
  if (!line || lines.length !== 1)
    throw apiErrors.invalid('The sandbox takes exactly one line item.', 'line_items');
  const priceId = line.required('price');
  const price = context.store.state.prices[priceId];
  if (!price) throw apiErrors.noSuchParam('price', priceId, 'line_items[0][price]');
  if (!price.recurring) {
    throw apiErrors.invalid(
      'You must provide at least one recurring price in `subscription` mode.',
      'line_items',
    );
  }
  const quantity = line.int('quantity') ?? 1;
  const amount = price.unit_amount * quantity;
  return {
    id: makeId('li_'),
    object: 'item',
    amount_subtotal: amount,
    amount_total: amount,
    amount_discount: 0,
    amount_tax: 0,
    currency: price.currency,
    description: context.store.state.products[price.product]?.name ?? '',
    price,
    quantity,
  };
}
