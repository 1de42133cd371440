import { apiErrors } from './api-error.js';
import { noRequest, type Events } from './events.js';
import type { Store } from './store.js';
import type { Cause } from './wire/event.js';
import type { Invoice } from './wire/invoice.js';
import { makeId } from './wire/object.js';
import type { Charge, Dispute, Refund } from './wire/payment.js';

/** What was paid for invoices, and what became of it: refunds and disputes. */
export class Payments {
  constructor(
    private readonly store: Store,
    private readonly events: Events,
  ) {}

  /** Records the payment of an invoice that was just paid; one over nothing has none. */
  record(invoice: Invoice, now: number): void {
    if (invoice.amount_paid === 0) return;
    const { state } = this.store;
    const { currency, customer, amount_paid: amount } = invoice;
    const [intent, charge] = [makeId('pi_3'), makeId('ch_3')];
    const made = { created: now, livemode: false as const, currency };
    const paid = { ...made, amount, customer, status: 'succeeded' as const };
    state.paymentIntents[intent] = { ...paid, id: intent, object: 'payment_intent', latest_charge: charge };
    state.charges[charge] = {
      ...paid,
      id: charge,
      object: 'charge',
      amount_refunded: 0,
      disputed: false,
      paid: true,
      payment_intent: intent,
      refunded: false,
    };
    const id = makeId('inpay_1');
    state.invoicePayments[id] = {
      ...made,
      id,
      object: 'invoice_payment',
      amount_paid: amount,
      amount_requested: amount,
      invoice: invoice.id,
      is_default: true,
      payment: { type: 'payment_intent', payment_intent: intent },
      status: 'paid',
    };
  }

  /** @param amount null for all that is left of the charge */
  refund(charge: Charge, amount: number | null, cause: Cause = noRequest): Refund {
    const left = charge.amount - charge.amount_refunded;
    if (left === 0)
      throw apiErrors.invalid('Charge has already been refunded.', undefined, 'charge_already_refunded');
    const refund: Refund = {
      ...this.about(charge),
      id: makeId('re_3'),
      object: 'refund',
      amount: amount ?? left,
      reason: null,
      status: 'succeeded',
    };
    this.store.state.refunds[refund.id] = refund;
    this.setRefunded(charge, charge.amount_refunded + refund.amount);
    this.events.emit('refund.created', refund, cause);
    this.events.emit('charge.refunded', charge, cause);
    return refund;
  }

  /** The bank returns a refund: the money is the merchant's again. */
  failRefund(refund: Refund): void {
    const charge = this.store.state.charges[refund.charge] as Charge;
    refund.status = 'failed';
    this.setRefunded(charge, charge.amount_refunded - refund.amount);
    this.events.emit('refund.failed', refund);
  }

  /** Opens the dispute of a charge, or moves it on to this status. */
  dispute(charge: Charge, status: Dispute['status']): Dispute {
    const { disputes } = this.store.state;
    const known = Object.values(disputes).find((entry) => entry.charge === charge.id);
    const dispute = known ?? this.open(charge);
    if (status !== dispute.status) {
      dispute.status = status;
      const closed = status === 'won' || status === 'lost';
      this.events.emit(closed ? 'charge.dispute.closed' : 'charge.dispute.updated', dispute);
    }
    return dispute;
  }

  private open(charge: Charge): Dispute {
    const dispute: Dispute = {
      ...this.about(charge),
      id: makeId('du_1'),
      object: 'dispute',
      amount: charge.amount,
      reason: 'fraudulent',
      status: 'needs_response',
    };
    this.store.state.disputes[dispute.id] = dispute;
    charge.disputed = true;
    this.events.emit('charge.dispute.created', dispute);
    return dispute;
  }

  private about({ id, created, currency, payment_intent }: Charge) {
    return { created, livemode: false as const, currency, charge: id, payment_intent };
  }

  private setRefunded(charge: Charge, amount: number): void {
    charge.amount_refunded = amount;
    charge.refunded = amount === charge.amount;
  }
}
