import type { FastifyInstance } from 'fastify';
import type { Invoice } from '../wire/invoice.js';
import type { SandboxContext } from '../context.js';
import { dayOf, escape, layout, money } from './layout.js';
import { asPage } from './page.js';

/** The page an invoice's `hosted_invoice_url` leads to. */
export function invoicePages(app: FastifyInstance, context: SandboxContext): void {
  app.get<{ Params: { id: string } }>('/i/:id', ({ params }, reply) => {
    const invoice = context.store.state.invoices[params.id];
    void asPage(reply);
    if (!invoice)
      return reply
        .status(404)
        .send(layout('Invoice', '<main class="narrow"><h1>No such invoice</h1></main>'));
    return reply.send(layout(`Invoice ${invoice.number}`, content(invoice)));
  });
}

function content(invoice: Invoice): string {
  const rows = [
    ['For', `${dayOf(invoice.period_start)} to ${dayOf(invoice.period_end)}`],
    ['Billed to', invoice.customer_email ?? invoice.customer_name ?? invoice.customer],
    ['Total', money(invoice.total, invoice.currency)],
    ['Paid', money(invoice.amount_paid, invoice.currency)],
    ...(invoice.next_payment_attempt ? [['Tried again on', dayOf(invoice.next_payment_attempt)]] : []),
  ];
  return `<main class="narrow"><div class="card"><div class="head"><h1>Invoice ${escape(invoice.number)}</h1>${invoiceBadge(invoice)}</div>
<dl class="rows">${rows.map(([name, value]) => `<div><dt>${name}</dt><dd>${escape(value ?? '')}</dd></div>`).join('\n')}</dl>
</div></main>`;
}

export function invoiceBadge({ status, attempted }: Invoice): string {
  const kind = status === 'paid' ? 'good' : status === 'open' ? 'bad' : 'off';
  return `<span class="badge ${kind}">${status === 'open' && attempted ? 'payment failed' : status}</span>`;
}
