import { apiErrors } from '../api-error.js';
import type { Call, Route, SandboxContext } from '../context.js';
import { scheduleEnd } from '../subscription.js';
import type { SubscriptionSchedule } from '../wire/subscription.js';

export function scheduleRoutes(context: SandboxContext): Route[] {
  const path = '/v1/subscription_schedules';
  const get = (id: string): SubscriptionSchedule => {
    const schedule = context.store.state.schedules[id];
    if (!schedule) throw apiErrors.noSuch('subscription_schedule', id);
    return schedule;
  };
  const release = ({ id, params, cause }: Call) => {
    const schedule = get(id);
    const subscription = context.store.state.subscriptions[schedule.subscription ?? ''];
    if (schedule.status !== 'active' || !subscription)
      throw apiErrors.invalid(
        `You cannot release a subscription schedule that is currently in the \`${schedule.status}\` status.`,
      );
    const now = context.clock.now(schedule.customer);
    context.billing.change(subscription, cause, () => {
      subscription.schedule = null;
      if (!params.bool('preserve_cancel_date')) scheduleEnd(subscription, null, false, now);
    });
    Object.assign(schedule, {
      status: 'released',
      released_at: now,
      released_subscription: subscription.id,
      subscription: null,
    });
    context.events.emit('subscription_schedule.released', schedule, cause);
    return schedule;
  };
  return [
    { method: 'GET', path: `${path}/:id`, params: [], handle: ({ id }) => get(id) },
    { method: 'POST', path: `${path}/:id/release`, params: ['preserve_cancel_date'], handle: release },
  ];
}
