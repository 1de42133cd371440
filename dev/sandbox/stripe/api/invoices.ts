import { listParams, page } from '../paging.js';
import { refusals } from '../refusal.js';
import type { Invoice } from '../wire.js';
import type { Call, Route, World } from '../world.js';

export function invoiceRoutes(world: World): Route[] {
  const path = '/v1/invoices';
  const get = (id: string): Invoice => {
    const invoice = world.store.state.invoices[id];
    if (!invoice) throw refusals.noSuch('invoice', id);
    return invoice;
  };
  const list = ({ params }: Call) => {
    const [customer, subscription, status] = ['customer', 'subscription', 'status'].map((key) =>
      params.text(key),
    );
    const fits = (invoice: Invoice) =>
      (!customer || invoice.customer === customer) &&
      (!subscription || invoice.parent.subscription_details.subscription === subscription) &&
      (!status || invoice.status === status);
    return page(Object.values(world.store.state.invoices).filter(fits), params, path);
  };
  const pay = ({ id, cause }: Call) => {
    const invoice = get(id);
    if (invoice.status !== 'open') throw refusals.invalid('Invoice is already paid');
    if (!world.billing.settle(invoice, cause)) throw refusals.declined();
    return invoice;
  };
  return [
    { method: 'GET', path, params: [...listParams, 'customer', 'subscription', 'status'], handle: list },
    { method: 'GET', path: `${path}/:id`, params: [], handle: ({ id }) => get(id) },
    { method: 'POST', path: `${path}/:id/pay`, params: ['payment_method', 'off_session'], handle: pay },
  ];
}
