import { listParams, page } from '../paging.js';
import { apiErrors } from '../api-error.js';
import type { Invoice } from '../wire/invoice.js';
import type { Call, Route, SandboxContext } from '../context.js';

export function invoiceRoutes(context: SandboxContext): Route[] {
  const path = '/v1/invoices';
  const get = (id: string): Invoice => {
    const invoice = context.store.state.invoices[id];
    if (!invoice) throw apiErrors.noSuch('invoice', id);
    return invoice;
  };
  const list = ({ params }: Call) => {
    const [customer, subscription, status] = ['customer', 'subscription', 'status'].map((key) =>
      params.text(key),
    );
    const isListed = (invoice: Invoice) =>
      (!customer || invoice.customer === customer) &&
      (!subscription || invoice.parent.subscription_details.subscription === subscription) &&
      (!status || invoice.status === status);
    return page(Object.values(context.store.state.invoices).filter(isListed), params, path);
  };
  const pay = ({ id, cause }: Call) => {
    const invoice = get(id);
    if (invoice.status !== 'open') throw apiErrors.invalid('Invoice is already paid');
    if (!context.billing.settle(invoice, cause)) throw apiErrors.declined();
    return invoice;
  };
  return [
    { method: 'GET', path, params: [...listParams, 'customer', 'subscription', 'status'], handle: list },
    { method: 'GET', path: `${path}/:id`, params: [], handle: ({ id }) => get(id) },
    { method: 'POST', path: `${path}/:id/pay`, params: ['payment_method', 'off_session'], handle: pay },
  ];
}
