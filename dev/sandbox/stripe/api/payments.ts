import { apiErrors } from '../api-error.js';
import type { Call, Route, SandboxContext } from '../context.js';
import { listParams, page } from '../paging.js';
import type { Charge } from '../wire/payment.js';

export function paymentRoutes(context: SandboxContext): Route[] {
  const { state } = context.store;
  const charge = (id: string): Charge => {
    const found = state.charges[id];
    if (!found) throw apiErrors.noSuch('charge', id);
    return found;
  };
  const listed = ({ params }: Call) => {
    const [invoice, status] = [params.text('invoice'), params.text('status')];
    const isListed = (entry: { invoice: string; status: string }) =>
      (!invoice || entry.invoice === invoice) && (!status || entry.status === status);
    return page(Object.values(state.invoicePayments).filter(isListed), params, '/v1/invoice_payments');
  };
  const charges = ({ params }: Call) => {
    const customer = params.text('customer');
    const all = Object.values(state.charges).filter((entry) => !customer || entry.customer === customer);
    return page(all, params, '/v1/charges');
  };
  const disputes = ({ params }: Call) => {
    const id = params.text('charge');
    const all = Object.values(state.disputes).filter((entry) => !id || entry.charge === id);
    return page(all, params, '/v1/disputes');
  };
  const refund = ({ params, cause }: Call) =>
    context.payments.refund(charge(params.required('charge')), params.int('amount'), cause);
  return [
    {
      method: 'GET',
      path: '/v1/invoice_payments',
      params: [...listParams, 'invoice', 'status'],
      handle: listed,
    },
    { method: 'GET', path: '/v1/charges', params: [...listParams, 'customer'], handle: charges },
    { method: 'GET', path: '/v1/charges/:id', params: [], handle: ({ id }) => charge(id) },
    { method: 'GET', path: '/v1/disputes', params: [...listParams, 'charge'], handle: disputes },
    { method: 'POST', path: '/v1/refunds', params: ['charge', 'amount', 'metadata'], handle: refund },
  ];
}
