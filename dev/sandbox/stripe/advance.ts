import type { Billing } from './billing.js';
import type { CheckoutDesk } from './checkout-desk.js';
import type { Clock } from './clock.js';
import { nobody } from './events.js';
import type { Store } from './store.js';
import { isLive, itemOf, scheduledEnd } from './subscriptions.js';
import type { Subscription } from './wire.js';

interface Due {
  at: number;
  run: () => void;
}

/** Moves a customer's test clock forward and does everything that falls due on the way, in its order. */
export class TestClock {
  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly billing: Billing,
    private readonly desk: CheckoutDesk,
  ) {}

  /** To unix second `to` of the customer's time; a time that is past changes nothing. */
  advance(customer: string, to: number): void {
    for (let due = this.next(customer, to); due; due = this.next(customer, to)) {
      if (due.at > this.clock.now(customer)) this.clock.set(customer, due.at);
      due.run();
    }
    if (to > this.clock.now(customer)) this.clock.set(customer, to);
  }

  /** What has fallen due by each customer's own clock. */
  tick(): void {
    for (const customer of Object.keys(this.store.state.customers))
      this.advance(customer, this.clock.now(customer));
  }

  private next(customer: string, to: number): Due | undefined {
    const due = [...this.subscriptions(customer), ...this.invoices(customer), ...this.sessions(customer)];
    return due.filter(({ at }) => at <= to).sort((a, b) => a.at - b.at)[0];
  }

  private subscriptions(customer: string): Due[] {
    return Object.values(this.store.state.subscriptions)
      .filter((subscription) => subscription.customer === customer && isLive(subscription))
      .filter(({ status }) => status !== 'paused')
      .map((subscription) => {
        if (subscription.status === 'incomplete') return this.abandonment(subscription);
        const renewal = itemOf(subscription).current_period_end;
        const end = scheduledEnd(subscription);
        return end !== null && end <= renewal
          ? { at: end, run: () => this.billing.cancel(subscription, 'cancellation_requested') }
          : { at: renewal, run: () => this.billing.renew(subscription) };
      });
  }

  /** A first payment that never came. */
  private abandonment(subscription: Subscription): Due {
    const lapse = () =>
      this.billing.change(subscription, nobody, () => (subscription.status = 'incomplete_expired'));
    return { at: subscription.created + 23 * 3600, run: lapse };
  }

  private invoices(customer: string): Due[] {
    return Object.values(this.store.state.invoices)
      .filter(({ status, next_payment_attempt: next }) => status === 'open' && next !== null)
      .filter((invoice) => invoice.customer === customer && this.isLive(invoice.parent))
      .map((invoice) => ({
        at: invoice.next_payment_attempt as number,
        run: () => void this.billing.settle(invoice, nobody),
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

  private sessions(customer: string): Due[] {
    return Object.values(this.store.state.sessions)
      .filter((session) => session.customer === customer && session.status === 'open')
      .map((session) => ({ at: session.expires_at, run: () => this.desk.expire(session) }));
  }
}
