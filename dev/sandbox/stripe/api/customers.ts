import { newCustomer } from '../customers.js';
import { listParams, page } from '../paging.js';
import { refusals } from '../refusal.js';
import { isLive } from '../subscriptions.js';
import type { Customer } from '../wire.js';
import type { Call, Route, World } from '../world.js';

const writable = [
  'email', 'name', 'phone', 'description', 'metadata', 'invoice_settings', 'address', 'shipping', 'tax_exempt',
  'preferred_locales', 'payment_method', 'test_clock', 'balance',
]; // prettier-ignore

export function customerRoutes(world: World): Route[] {
  const { store, events } = world;
  const create = ({ params, cause }: Call) => {
    const customer = newCustomer({ ...texts(params), metadata: params.metadata() }, world.clock.now());
    store.state.customers[customer.id] = customer;
    events.emit('customer.created', customer, cause);
    return customer;
  };
  const update = ({ id, params, cause }: Call) => {
    const customer = getCustomer(world, id);
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
      handle: ({ id }) => shown(findCustomer(world, id)),
    },
    { method: 'POST', path: '/v1/customers/:id', params: writable, handle: update },
    { method: 'DELETE', path: '/v1/customers/:id', params: [], handle: (call) => remove(world, call) },
  ];
}

/** Only what was sent: an empty text clears a field, an absent one leaves it. */
function texts(params: Call['params']): Partial<Customer> {
  const fields = ['email', 'name', 'phone', 'description'] as const;
  return Object.fromEntries(fields.filter((key) => params.has(key)).map((key) => [key, params.text(key)]));
}

function remove(world: World, { id, cause }: Call) {
  const customer = getCustomer(world, id);
  for (const subscription of Object.values(world.store.state.subscriptions)) {
    if (subscription.customer === id && isLive(subscription)) {
      world.billing.cancel(subscription, 'cancellation_requested', cause);
    }
  }
  world.events.emit('customer.deleted', customer, cause);
  customer.deleted = true;
  return shown(customer);
}

function shown(customer: Customer) {
  return customer.deleted ? { id: customer.id, object: customer.object, deleted: true } : customer;
}

function findCustomer(world: World, id: string): Customer {
  const customer = world.store.state.customers[id];
  if (!customer) throw refusals.noSuch('customer', id);
  return customer;
}

/** A customer that can still be used; `param` names the field of a body that pointed at it. */
export function getCustomer(world: World, id: string, param?: string): Customer {
  const customer = world.store.state.customers[id];
  if (customer && !customer.deleted) return customer;
  throw param ? refusals.noSuchParam('customer', id, param) : refusals.noSuch('customer', id);
}
