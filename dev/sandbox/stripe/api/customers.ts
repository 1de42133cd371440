import { newCustomer } from '../customer.js';
import { listParams, page } from '../paging.js';
import { apiErrors } from '../api-error.js';
import { isLive } from '../subscription.js';
import type { Customer } from '../wire/customer.js';
import type { Call, Route, SandboxContext } from '../context.js';

const writable = [
  'email', 'name', 'phone', 'description', 'metadata', 'invoice_settings', 'address', 'shipping', 'tax_exempt',
  'preferred_locales', 'payment_method', 'test_clock', 'balance',
]; // prettier-ignore

export function customerRoutes(context: SandboxContext): Route[] {
  const { store, events } = context;
  const create = ({ params, cause }: Call) => {
    const customer = newCustomer({ ...texts(params), metadata: params.metadata() }, context.clock.now());
    store.state.customers[customer.id] = customer;
    events.emit('customer.created', customer, cause);
    return customer;
  };
  const update = ({ id, params, cause }: Call) => {
    const customer = getCustomer(context, id);
    const method = params.group('invoice_settings').text('default_payment_method');
    Object.assign(customer, texts(params), { metadata: params.metadata(customer.metadata) });
    if (method) customer.invoice_settings.default_payment_method = method;
    events.emit('customer.updated', customer, cause);
    return customer;
  };
  const list = ({ params }: Call) => {
    const email = params.text('email');
    const all = Object.values(store.state.customers).filter((entry) => !entry.deleted);
    return page(
      all.filter((entry) => email === null || entry.email === email),
      params,
      '/v1/customers',
    );
  };
  return [
    { method: 'POST', path: '/v1/customers', params: writable, handle: create },
    { method: 'GET', path: '/v1/customers', params: [...listParams, 'email'], handle: list },
    {
      method: 'GET',
      path: '/v1/customers/:id',
      params: [],
      handle: ({ id }) => publicView(findCustomer(context, id)),
    },
    { method: 'POST', path: '/v1/customers/:id', params: writable, handle: update },
    { method: 'DELETE', path: '/v1/customers/:id', params: [], handle: (call) => remove(context, call) },
  ];
}

/** Only the fields of the request: an empty text clears a field, an absent one leaves it. */
function texts(params: Call['params']): Partial<Customer> {
  const fields = ['email', 'name', 'phone', 'description'] as const;
  return Object.fromEntries(fields.filter((key) => params.has(key)).map((key) => [key, params.text(key)]));
}

function remove(context: SandboxContext, { id, cause }: Call) {
  const customer = getCustomer(context, id);
  for (const subscription of Object.values(context.store.state.subscriptions)) {
    if (subscription.customer === id && isLive(subscription)) {
      context.billing.cancel(subscription, 'cancellation_requested', cause);
    }
  }
  context.events.emit('customer.deleted', customer, cause);
  customer.deleted = true;
  return publicView(customer);
}

function publicView(customer: Customer) {
  return customer.deleted ? { id: customer.id, object: customer.object, deleted: true } : customer;
}

function findCustomer(context: SandboxContext, id: string): Customer {
  const customer = context.store.state.customers[id];
  if (!customer) throw apiErrors.noSuch('customer', id);
  return customer;
}

/** A customer that is not deleted; `param` is the parameter that named the customer. */
export function getCustomer(context: SandboxContext, id: string, param?: string): Customer {
  const customer = context.store.state.customers[id];
  if (customer && !customer.deleted) return customer;
  throw param ? apiErrors.noSuchParam('customer', id, param) : apiErrors.noSuch('customer', id);
}
