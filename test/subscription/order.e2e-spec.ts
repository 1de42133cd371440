import type Stripe from 'stripe';
import type { StripeEvent } from '../../dev/sandbox/stripe/wire/event.js';
import { subjectOf } from '../../src/webhook/handlers.js';
import { eventually, holds } from '../support/eventually.js';
import {
  buyPro,
  control,
  holdOneAnswer,
  stripeSdk,
  untilEventsAreDone,
  type PastAnswer,
} from '../support/stripe.js';
import { System } from '../support/system.js';

interface Case {
  userId: string;
  customer: string;
  /** The five events, oldest first. */
  events: StripeEvent[];
  order: number[];
}

/** Every order of the numbers 0 to 4. */
const ORDERS = permutations([0, 1, 2, 3, 4]);
/** How many people at a time: fewer than syncs can run at once, so that a change meets syncs that run already. */
const AT_ONCE = 5;

describe('events in every order, some of them twice, while the subscription changes', () => {
  let system: System;
  let stripe: Stripe;

  beforeAll(async () => {
    system = await System.start({ workers: 2 });
    stripe = stripeSdk(system.stripe);
  });
  afterAll(() => system.stop());
  beforeEach(() => {
    system.stripe.world.faults.clear();
    system.stripe.world.deliveries.rules.hold = true;
  });

  it('ends all 120 orders of an upgrade as Stripe has it', async () => {
    const cases = await prepare(async (userId, customer) => ({
      userId,
      customer,
      events: eventsOf(customer, [
        'customer.subscription.created',
        'invoice.paid',
        'invoice.payment_succeeded',
        'customer.subscription.updated',
        'checkout.session.completed',
      ]),
    }));
    await play(cases, async ({ customer }, at) => {
      const [subscription] = (await stripe.subscriptions.list({ customer })).data;
      const id = subscription?.id ?? '';
      if (at % 4 === 0) await stripe.subscriptions.update(id, { cancel_at_period_end: true });
      if (at % 4 === 1) await stripe.subscriptions.cancel(id);
      if (at % 4 > 1) await control(system.stripe, `/subscriptions/${id}`, { status: 'past_due' });
    });
    await expectAsAtStripe(cases);
    const states = await Promise.all(cases.map(({ customer }) => atStripe(customer)));
    expect(new Set(states.map((state) => state?.status ?? 'none'))).toEqual(
      new Set(['active', 'none', 'past_due']),
    );
  }, 240_000);

  it('ends all 120 orders of a cancellation as Stripe has it', async () => {
    const cases = await prepare(async (userId, customer) => {
      const old = new Set(Object.keys(system.stripe.world.store.state.events));
      const [subscription] = (await stripe.subscriptions.list({ customer })).data;
      const id = subscription?.id ?? '';
      await control(system.stripe, '/clock/advance', { customer, months: 1 });
      await stripe.subscriptions.update(id, { cancel_at_period_end: true });
      await stripe.subscriptions.update(id, { cancel_at_period_end: false });
      await stripe.subscriptions.cancel(id);
      const types = ['customer.subscription.updated', 'invoice.paid', 'customer.subscription.deleted'];
      const events = eventsOf(customer, types).filter((event) => !old.has(event.id));
      return { userId, customer, events };
    });
    // A sync of before the change would store nothing where there is something, or something where there is nothing.
    const buy = (customer: string) =>
      stripe.subscriptions.create({
        customer,
        items: [{ price: 'price_pro' }],
        default_payment_method: 'pm_card_visa',
      });
    for (const [at, { customer }] of cases.entries()) if (at % 2 === 0) await buy(customer);
    await play(cases, async ({ customer }, at) => {
      if (at % 2 === 1) await buy(customer);
      else
        await stripe.subscriptions.cancel((await stripe.subscriptions.list({ customer })).data[0]?.id ?? '');
    });
    await expectAsAtStripe(cases);
    const states = await Promise.all(cases.map(({ customer }) => atStripe(customer)));
    expect(new Set(states.map((state) => state?.status ?? 'none'))).toEqual(new Set(['active', 'none']));
  }, 240_000);

  /** 120 people who each paid, none of whose events has arrived. */
  async function prepare(journey: (userId: string, customer: string) => Promise<Omit<Case, 'order'>>) {
    return inGroups(ORDERS, async (order) => {
      const client = await system.signedIn();
      const customer = await buyPro(system, client);
      const made = await journey(client.user.id, customer);
      expect(made.events).toHaveLength(5);
      return { ...made, order };
    });
  }

  function eventsOf(customer: string, types: string[]): StripeEvent[] {
    return Object.values(system.stripe.world.store.state.events).filter(
      ({ type, data }) =>
        types.includes(type) && (data.object as { customer?: string }).customer === customer,
    );
  }

  /**
   * Delivers each person's events in their order, the change in their midst, everything slow and some of it twice.
   * One sync has asked before the change and gets its answer when all the others are done.
   */
  async function play(cases: Case[], change: (one: Case, at: number) => Promise<void>): Promise<void> {
    const { deliveries, faults } = system.stripe.world;
    // Some answers are of the past when they arrive, after those of later questions.
    faults.add({ match: 'GET /v1/subscriptions', kind: 'late', delayMs: 600, chance: 0.3 });
    deliveries.rules = { ...deliveries.rules, hold: false, duplicates: 1, shuffleWindowMs: 50 };
    await inGroups(cases, async (one) => {
      const at = cases.indexOf(one);
      const changeAfter = 2 + (at % 3);
      let past: PastAnswer | undefined;
      for (const [step, which] of one.order.entries()) {
        const event = one.events[which] as StripeEvent;
        const copies = (at + step) % 2 === 0 ? [event, event] : [event];
        if (step === lastActedOn(one, changeAfter))
          past = holdOneAnswer(system.stripe, 'GET /v1/subscriptions', one.customer);
        const answers = await Promise.all(copies.map((copy) => deliveries.deliver(copy)));
        expect(answers.map(({ status }) => status)).toEqual(copies.map(() => 200));
        if (step !== changeAfter) continue;
        await past?.asked;
        await change(one, at);
      }
      await eventually('one sync to be left', async () => (await undone(one)) === 1);
      past?.release();
    });
  }

  /** How many of a person's events Stripe still has to bring or a worker still has to act on. */
  async function undone({ customer }: Case): Promise<number> {
    const { rows } = await system.db.query(
      `SELECT count(*)::int AS left FROM stripe_event WHERE customer_id = $1 AND processed_at IS NULL`,
      [customer],
    );
    const { events, deliveries } = system.stripe.world.store.state;
    const onTheWay = Object.values(deliveries).filter(
      ({ status, event }) =>
        status === 'pending' && (events[event]?.data.object as { customer?: string }).customer === customer,
    );
    return rows[0].left + onTheWay.length;
  }

  async function atStripe(customer: string) {
    const { data } = await stripe.subscriptions.list({ customer, status: 'all' });
    const live = data.find(({ status }) => status !== 'canceled');
    const item = live?.items.data[0];
    return live
      ? { id: live.id, status: live.status, ends: item?.current_period_end, cancel_at: live.cancel_at }
      : null;
  }

  async function here(userId: string) {
    const { rows } = await system.db.query(
      `SELECT stripe_subscription_id AS id, status, extract(epoch FROM current_period_end)::int AS ends,
              extract(epoch FROM cancel_at)::int AS cancel_at
       FROM subscription WHERE user_id = $1`,
      [userId],
    );
    return rows[0] ?? null;
  }

  async function expectAsAtStripe(cases: Case[]): Promise<void> {
    await untilEventsAreDone(system, 90_000);
    const expected = await Promise.all(cases.map(({ customer }) => atStripe(customer)));
    await holds(3_000, async () => {
      expect(await Promise.all(cases.map(({ userId }) => here(userId)))).toEqual(expected);
    });
  }
});

/** The last step, not beyond this one, whose event leads to a sync. */
function lastActedOn({ events, order }: Case, step: number): number {
  return order
    .slice(0, step + 1)
    .findLastIndex((which) => subjectOf(events[which] as unknown as Stripe.Event) !== null);
}

async function inGroups<T, R>(all: T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let from = 0; from < all.length; from += AT_ONCE) {
    done.push(...(await Promise.all(all.slice(from, from + AT_ONCE).map(work))));
  }
  return done;
}

function permutations(items: number[]): number[][] {
  if (items.length <= 1) return [items];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}
