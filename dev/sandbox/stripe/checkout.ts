import type { Billing } from './billing.js';
import { newPaymentMethod, type TestCard } from './card.js';
import { wallTime } from './clock.js';
import { noRequest, type Events } from './events.js';
import type { Cause } from './wire/event.js';
import { makeId } from './wire/object.js';
import { newCustomer } from './customer.js';
import { apiErrors } from './api-error.js';
import type { Store } from './store.js';
import type { CheckoutSession } from './wire/checkout-session.js';
import type { Customer } from './wire/customer.js';

/** The end of an open checkout session: paid, declined or expired. */
export class Checkout {
  constructor(
    private readonly store: Store,
    private readonly billing: Billing,
    private readonly events: Events,
  ) {}

  /** Pays the session with a test card, which creates the subscription. A declined card leaves the session open. */
  pay(session: CheckoutSession, card: TestCard): void {
    this.requireOpen(session);
    const customer = this.customerOf(session);
    if (card.behaviour === 'declines') {
      this.events.emit('payment_intent.payment_failed', declinedIntent(session, customer));
      throw apiErrors.declined();
    }
    const method = newPaymentMethod(card, customer.id);
    this.store.state.paymentMethods[method.id] = method;
    const line = session.line_items.data[0];
    if (!line) throw new Error(`Session ${session.id} has no line`);
    const subscription = this.billing.createSubscription({
      customer: customer.id,
      price: line.price,
      quantity: line.quantity,
      metadata: session.subscription_data.metadata,
      description: session.subscription_data.description,
      paymentMethod: method,
      trialDays: session.subscription_data.trial_period_days,
    });
    this.complete(session, customer, subscription.id, subscription.latest_invoice);
  }

  expire(session: CheckoutSession, cause: Cause = noRequest): void {
    this.requireOpen(session);
    session.status = 'expired';
    session.url = null;
    this.events.emit('checkout.session.expired', session, cause);
  }

  private complete(
    session: CheckoutSession,
    customer: Customer,
    subscription: string,
    invoice: string | null,
  ): void {
    session.status = 'complete';
    session.payment_status = session.subscription_data.trial_period_days ? 'no_payment_required' : 'paid';
    session.url = null;
    session.subscription = subscription;
    session.invoice = invoice;
    session.customer = customer.id;
    session.customer_details = {
      email: customer.email,
      name: customer.name,
      phone: customer.phone,
      address: null,
    };
    this.events.emit('checkout.session.completed', session);
  }

  private customerOf(session: CheckoutSession): Customer {
    const existing = this.store.state.customers[session.customer ?? ''];
    if (existing && !existing.deleted) return existing;
    const created = newCustomer({ email: session.customer_email }, wallTime());
    this.store.state.customers[created.id] = created;
    this.events.emit('customer.created', created);
    return created;
  }

  private requireOpen(session: CheckoutSession): void {
    if (session.status === 'open') return;
    throw apiErrors.invalid(
      `Only Checkout Sessions with a status in ["open"] can be expired or paid. This Checkout Session has a status of ${session.status}.`,
    );
  }
}

function declinedIntent(session: CheckoutSession, customer: Customer) {
  return {
    id: makeId('pi_3'),
    object: 'payment_intent',
    amount: session.amount_total,
    created: wallTime(),
    currency: session.currency,
    customer: customer.id,
    livemode: false,
    metadata: {},
    status: 'requires_payment_method',
    last_payment_error: { type: 'card_error', code: 'card_declined', message: 'Your card was declined.' },
  };
}
