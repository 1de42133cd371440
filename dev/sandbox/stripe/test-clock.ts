import type { Billing } from './billing.js';
import type { Checkout } from './checkout.js';
import type { Clock } from './clock.js';
import { noRequest } from './events.js';
import type { Store } from './store.js';
import { isLive, itemOf, scheduledEnd } from './subscription.js';
import type { Subscription } from './wire/subscription.js';

interface DueAction {
  at: number;
  run: () => void;
}

/** Moves a customer's test clock forward and runs everything that becomes due on the way, in order of time. */
export class TestClock {
  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly billing: Billing,
    private readonly checkout: Checkout,
  ) {}

  /** @param to unix seconds of the customer's time; a time in the past changes nothing */
  advance(customer: string, to: number): void {
    for (let due = this.next(customer, to); due; due = this.next(customer, to)) {
      if (due.at > this.clock.now(customer)) this.clock.set(customer, due.at);
      due.run();
    }
    if (to > this.clock.now(customer)) this.clock.set(customer, to);
  }

  /** Runs what is due by each customer's own clock. */
  tick(): void {
    for (const customer of Object.keys(this.store.state.customers))
      this.advance(customer, this.clock.now(customer));
  }

  private next(customer: string, to: number): DueAction | undefined {
    const due = [...this.subscriptions(customer), ...this.invoices(customer), ...this.sessions(customer)];
    return due.filter(({ at }) => at <= to).sort((a, b) => a.at - b.at)[0];
  }

  private subscriptions(customer: string): DueAction[] {
    return Object.values(this.store.state.subscriptions)
      .filter((subscription) => subscription.customer === customer && isLive(subscription))
      .filter(({ status }) => status !== 'paused')
      .map((subscription) => {
        if (subscription.status === 'incomplete') return this.incompleteExpiry(subscription);
        const renewal = itemOf(subscription).current_period_end;
        const end = scheduledEnd(subscription);
        return end !== null && end <= renewal
          ? { at: end, run: () => this.billing.cancel(subscription, 'cancellation_requested') }
          : { at: renewal, run: () => this.billing.renew(subscription) };
      });
  }

  /** A first payment that was not made within 23 hours. */
  private incompleteExpiry(subscription: Subscription): DueAction {
    const expire = () =>
      this.billing.change(subscription, noRequest, () => (subscription.status = 'incomplete_expired'));
    return { at: subscription.created + 23 * 3600, run: expire };
  }

  private invoices(customer: string): DueAction[] {
    return Object.values(this.store.state.invoices)
      .filter(({ status, next_payment_attempt: next }) => status === 'open' && next !== null)
      .filter((invoice) => invoice.customer === customer && this.isLive(invoice.parent))
      .map((invoice) => ({
        at: invoice.next_payment_attempt as number,
        run: () => void this.billing.settle(invoice, noRequest),
      }));
  }

  private isLive({
    subscription_details: { subscription },
  }: {
    subscription_details: { subscription: string };
  }) {
    const found = this.store.state.subscriptions[subscription];
    return found !== undefined && isLive(found);
  }

  private sessions(customer: string): DueAction[] {
    return Object.values(this.store.state.sessions)
      .filter((session) => session.customer === customer && session.status === 'open')
      .map((session) => ({ at: session.expires_at, run: () => this.checkout.expire(session) }));
  }
}
