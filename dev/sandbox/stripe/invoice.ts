import { makeId } from './wire/object.js';
import { itemOf } from './subscription.js';
import type { Customer } from './wire/customer.js';
import type { Invoice } from './wire/invoice.js';
import type { Subscription } from './wire/subscription.js';

export interface InvoiceInput {
  subscription: Subscription;
  customer: Customer;
  reason: Invoice['billing_reason'];
  number: number;
  publicUrl: string;
}

/** An open invoice over one period of a subscription. */
export function newInvoice(input: InvoiceInput, now: number): Invoice {
  const { subscription, customer, reason } = input;
  const item = itemOf(subscription);
  const amount = subscription.status === 'trialing' ? 0 : item.price.unit_amount * item.quantity;
  const id = makeId('in_1');
  return {
    id,
    object: 'invoice',
    created: now,
    livemode: false,
    account_name: 'Sandbox',
    amount_due: amount,
    amount_paid: 0,
    amount_remaining: amount,
    attempt_count: 0,
    attempted: false,
    auto_advance: true,
    billing_reason: reason,
    collection_method: 'charge_automatically',
    currency: subscription.currency,
    customer: customer.id,
    customer_email: customer.email,
    customer_name: customer.name,
    default_payment_method: null,
    description: null,
    hosted_invoice_url: `${input.publicUrl}/i/${id}`,
    invoice_pdf: null,
    lines: lines(id, subscription, amount),
    metadata: {},
    next_payment_attempt: null,
    number: `${customer.invoice_prefix}-${String(input.number).padStart(4, '0')}`,
    parent: {
      type: 'subscription_details',
      quote_details: null,
      subscription_details: { subscription: subscription.id, metadata: subscription.metadata },
    },
    period_start: item.current_period_start,
    period_end: item.current_period_end,
    status: 'open',
    status_transitions: { finalized_at: now, paid_at: null, marked_uncollectible_at: null, voided_at: null },
    subtotal: amount,
    total: amount,
  };
}

function lines(invoice: string, subscription: Subscription, amount: number): Invoice['lines'] {
  const item = itemOf(subscription);
  const line = {
    id: makeId('il_1'),
    object: 'line_item',
    amount,
    currency: subscription.currency,
    description: null,
    invoice,
    livemode: false,
    metadata: {},
    parent: {
      type: 'subscription_item_details',
      subscription_item_details: {
        subscription: subscription.id,
        subscription_item: item.id,
        proration: false,
      },
    },
    period: { start: item.current_period_start, end: item.current_period_end },
    pricing: { type: 'price_details', price_details: { price: item.price.id, product: item.price.product } },
    quantity: item.quantity,
  };
  return { object: 'list', data: [line], has_more: false, url: `/v1/invoices/${invoice}/lines` };
}
