import { apiErrors } from './api-error.js';
import type { Store } from './store.js';
import { makeId } from './wire/object.js';
import type { Subscription, SubscriptionSchedule } from './wire/subscription.js';

/** Puts a subscription under a schedule. */
export function attachSchedule(store: Store, subscription: Subscription, now: number): void {
  const schedule: SubscriptionSchedule = {
    id: makeId('sub_sched_1'),
    object: 'subscription_schedule',
    created: now,
    livemode: false,
    customer: subscription.customer,
    end_behavior: 'release',
    released_at: null,
    released_subscription: null,
    status: 'active',
    subscription: subscription.id,
  };
  store.state.schedules[schedule.id] = schedule;
  subscription.schedule = schedule.id;
}

/** Stripe refuses to plan or to remove the end of a subscription that a schedule manages. */
export function requireNoSchedule({ schedule }: Subscription): void {
  if (schedule === null) return;
  throw apiErrors.invalid(
    `The subscription is managed by the subscription schedule \`${schedule}\`, and updating any cancelation behavior directly is not allowed. Please update the schedule instead.`,
  );
}
