import type { Clock } from './clock.js';
import { noRequest, type Events } from './events.js';
import type { Cause } from './wire/event.js';
import { newInvoice } from './invoice.js';
import type { Payments } from './payments.js';
import type { Store } from './store.js';
import { isLive, itemOf, newSubscription, nextPeriodEnd, type SubscriptionInput } from './subscription.js';
import type { Customer, PaymentMethod } from './wire/customer.js';
import type { Invoice } from './wire/invoice.js';
import type { Subscription } from './wire/subscription.js';

const day = 86_400;
/** Days from a failed charge to the next try; after the last one the subscription is cancelled. */
const retryDays = [3, 5, 7];

/** What becomes of the invoices of a subscription whose collection is paused. */
const STATUS_WHILE_PAUSED = {
  void: 'void',
  mark_uncollectible: 'uncollectible',
  keep_as_draft: 'draft',
} as const;

/** The life of a subscription: created, charged, renewed, recovered, cancelled. Every step emits its events. */
export class Billing {
  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly events: Events,
    private readonly payments: Payments,
    private readonly publicUrl: () => string,
  ) {}

  /** Creates a subscription and charges its first invoice; the subscription stays `incomplete` if that fails. */
  createSubscription(input: SubscriptionInput, cause: Cause = noRequest): Subscription {
    const subscription = newSubscription(input, this.clock.now(input.customer));
    this.store.state.subscriptions[subscription.id] = subscription;
    this.events.emit('customer.subscription.created', subscription, cause);
    const invoice = this.bill(subscription, 'subscription_create', cause);
    const paid = this.charge(invoice, cause);
    this.change(subscription, cause, () => {
      if (paid && subscription.status === 'incomplete') subscription.status = 'active';
    });
    return subscription;
  }

  /** Changes a subscription and emits the event, with the previous values of the changed fields. */
  change(subscription: Subscription, cause: Cause, apply: () => void): void {
    const before = structuredClone(subscription) as unknown as Record<string, unknown>;
    apply();
    const after = subscription as unknown as Record<string, unknown>;
    const previous = Object.fromEntries(
      Object.entries(before).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(after[key])),
    );
    if (Object.keys(previous).length === 0) return;
    this.events.emit(updateType(before.status as string, subscription), subscription, cause, previous);
  }

  /** Ends a subscription at once. */
  cancel(subscription: Subscription, reason: string, cause: Cause = noRequest): void {
    if (!isLive(subscription)) return;
    const now = this.clock.now(subscription.customer);
    subscription.status = 'canceled';
    subscription.canceled_at ??= now;
    subscription.ended_at = now;
    subscription.cancellation_details.reason = reason;
    this.events.emit('customer.subscription.deleted', subscription, cause);
  }

  /** Starts the next billing period and charges for it. */
  renew(subscription: Subscription): void {
    const item = itemOf(subscription);
    this.change(subscription, noRequest, () => {
      item.current_period_start = item.current_period_end;
      item.current_period_end = nextPeriodEnd(
        item.price,
        subscription.billing_cycle_anchor,
        item.current_period_start,
      );
      if (subscription.status === 'trialing') subscription.status = 'active';
    });
    const invoice = this.bill(subscription, 'subscription_cycle', noRequest);
    const pause = subscription.pause_collection?.behavior;
    if (pause) invoice.status = STATUS_WHILE_PAUSED[pause];
    else this.settle(invoice, noRequest);
  }

  /** Charges an open invoice: a success recovers the subscription, the last failed retry cancels it. */
  settle(invoice: Invoice, cause: Cause): boolean {
    const subscription = this.subscriptionOf(invoice);
    const paid = this.charge(invoice, cause);
    if (!subscription || !isLive(subscription)) return paid;
    if (paid) {
      this.change(subscription, cause, () => {
        if (['past_due', 'unpaid', 'incomplete'].includes(subscription.status))
          subscription.status = 'active';
      });
    } else if (invoice.attempt_count > retryDays.length) {
      this.cancel(subscription, 'payment_failed', cause);
    } else {
      this.change(subscription, cause, () => {
        if (subscription.status === 'active') subscription.status = 'past_due';
      });
    }
    return paid;
  }

  private subscriptionOf(invoice: Invoice): Subscription | undefined {
    return this.store.state.subscriptions[invoice.parent.subscription_details.subscription];
  }

  private bill(subscription: Subscription, reason: Invoice['billing_reason'], cause: Cause): Invoice {
    const { state } = this.store;
    const customer = state.customers[subscription.customer] as Customer;
    const input = {
      subscription,
      customer,
      reason,
      number: ++state.invoiceCount,
      publicUrl: this.publicUrl(),
    };
    const invoice = newInvoice(input, this.clock.now(customer.id));
    state.invoices[invoice.id] = invoice;
    subscription.latest_invoice = invoice.id;
    this.events.emit('invoice.created', invoice, cause);
    this.events.emit('invoice.finalized', invoice, cause);
    return invoice;
  }

  private charge(invoice: Invoice, cause: Cause): boolean {
    invoice.attempt_count++;
    invoice.attempted = true;
    const card = this.cardFor(invoice);
    const works = card?.behaviour === 'pays' || (card?.behaviour === 'declines_later' && isFirst(invoice));
    if (invoice.amount_due > 0 && !works) return this.failed(invoice, cause);
    invoice.status = 'paid';
    invoice.amount_paid = invoice.amount_due;
    invoice.amount_remaining = 0;
    invoice.next_payment_attempt = null;
    invoice.status_transitions.paid_at = this.clock.now(invoice.customer);
    this.payments.record(invoice, this.clock.now(invoice.customer));
    this.events.emit('invoice.paid', invoice, cause);
    this.events.emit('invoice.payment_succeeded', invoice, cause);
    return true;
  }

  private failed(invoice: Invoice, cause: Cause): boolean {
    const wait = retryDays[invoice.attempt_count - 1];
    invoice.next_payment_attempt =
      wait === undefined || isFirst(invoice) ? null : this.clock.now(invoice.customer) + wait * day;
    this.events.emit('invoice.payment_failed', invoice, cause);
    return false;
  }

  private cardFor(invoice: Invoice): PaymentMethod | undefined {
    const { state } = this.store;
    const own = this.subscriptionOf(invoice)?.default_payment_method;
    const general = state.customers[invoice.customer]?.invoice_settings.default_payment_method;
    return state.paymentMethods[own ?? general ?? ''];
  }
}

function isFirst(invoice: Invoice): boolean {
  return invoice.billing_reason === 'subscription_create';
}

function updateType(before: string, { status }: Subscription): string {
  if (status === 'paused' && before !== 'paused') return 'customer.subscription.paused';
  if (before === 'paused' && status !== 'paused') return 'customer.subscription.resumed';
  return 'customer.subscription.updated';
}
