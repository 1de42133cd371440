import { Injectable, Logger } from '@nestjs/common';
import { failpoint } from '../common/failpoint.js';
import { Database, type Sql } from '../infra/postgres/database.js';
import { StripeCheckouts } from '../infra/stripe/stripe-checkouts.js';
import { StripePayments } from '../infra/stripe/stripe-payments.js';
import {
  endsWithPeriod,
  StripeSubscriptions,
  type ProSubscription,
  type StripeState,
} from '../infra/stripe/stripe-subscriptions.js';
import { SCHEDULE_ITEM, UNSCHEDULE_ITEM } from '../infra/work/work.sql.js';
import { chooseBest, isLive } from '../plan/plan.js';
import { nextReconciliation } from './next-reconciliation.js';
import {
  ACCEPT_SYNC_RESULT,
  DELETE_SUBSCRIPTION,
  FINISH_SYNC,
  STORE_SUBSCRIPTION,
  TAKE_SYNC_NUMBER,
  type SubscriptionValues,
} from './sync.sql.js';

/** A live subscription, with what is known of the payment of its latest invoice. */
interface LiveSubscription extends ProSubscription {
  /** Whether it was looked up if the payment of the latest invoice was given back. */
  paymentKnown: boolean;
}

/** A customer as Stripe described it. */
interface CustomerState {
  /** As in StripeState: null when it was not fetched. */
  exists: boolean | null;
  /** Live Pro subscriptions, the best first. */
  live: LiveSubscription[];
}

export interface SyncResult extends CustomerState {
  /** The user id of the customer's owner; null for a customer without an account; undefined when a later sync has stored it. */
  owner: string | null | undefined;
}

interface NumberedState {
  customer: string;
  /** The number of the sync that fetched the state. */
  number: number;
  /** Whether the account was gone before the state was fetched. */
  released: boolean;
  state: CustomerState;
  /** Whether everything was fetched that matters. */
  inFull: boolean;
}

/** Brings what is stored of a customer in line with Stripe. Events, the return from checkout and reconciliation all use it. */
@Injectable()
export class SyncService {
  private readonly logger = new Logger(SyncService.name);

  constructor(
    private readonly database: Database,
    private readonly subscriptions: StripeSubscriptions,
    private readonly payments: StripePayments,
    private readonly checkouts: StripeCheckouts,
  ) {}

  /**
   * Fetches the customer's subscriptions, in one call, and stores the best live one. May be repeated and run concurrently:
   * it takes a number before it fetches, and a result is dropped when a later number has been stored. The open checkouts of
   * a customer without an account are expired.
   * @param customer a customer id at Stripe
   * @returns what Stripe said; null for a customer that is not stored here
   * @throws AppError `stripe.unavailable`, `subscription.refused`, `service.unavailable`; then nothing has changed here
   */
  sync(customer: string): Promise<SyncResult | null> {
    return this.run(customer, async () => toCustomerState(await this.subscriptions.stateOf(customer)));
  }

  /**
   * As `sync`, with the calls that no request has time for: whether a customer without a subscription still exists, and
   * whether the payment of the best subscription was given back.
   */
  syncInFull(customer: string): Promise<SyncResult | null> {
    const fetch = async () =>
      this.withPayments(toCustomerState(await this.subscriptions.fullStateOf(customer)));
    return this.run(customer, fetch, true);
  }

  /** As `sync`, for a customer that Stripe was found not to know. No call is made, because a deletion is final. */
  syncMissing(customer: string): Promise<SyncResult | null> {
    return this.run(customer, async () => ({ exists: false, live: [] }));
  }

  private async run(
    customer: string,
    fetch: () => Promise<CustomerState>,
    inFull = false,
  ): Promise<SyncResult | null> {
    const [row] = await this.database.query(TAKE_SYNC_NUMBER, [customer]);
    if (!row) return null;
    const state = await fetch();
    failpoint('sync.fetched');
    const fetched = { customer, number: row.syncNumber, released: row.userId === null, state, inFull };
    const owner = await this.database.transaction((sql) => this.store(sql, fetched));
    failpoint('sync.applied');
    if (owner === null) await this.checkouts.expireAll(customer);
    return { ...state, owner };
  }

  /** Looks up the payment of the best subscription; of the next one where that was given back. */
  private async withPayments({ exists, live }: CustomerState): Promise<CustomerState> {
    const [best, ...others] = live;
    if (!best?.paidInvoice || best.withheld !== null || best.paymentKnown) return { exists, live };
    const withheld = await this.payments.reversalOf(best.paidInvoice);
    const known = bestFirst([{ ...best, withheld, paymentKnown: true }, ...others]);
    return this.withPayments({ exists, live: known });
  }

  private async store(
    sql: Sql,
    { customer, number, released, state, inFull }: NumberedState,
  ): Promise<SyncResult['owner']> {
    const [row] = await sql.query(ACCEPT_SYNC_RESULT, [customer, number]);
    if (!row) return undefined;
    const { userId } = row;
    const changed = userId !== null && (await storeSubscription(sql, userId, state.live[0]));
    const now = new Date();
    const changedAt = changed ? now : row.changedAt;
    const owner = state.exists === false ? null : userId;
    const live = state.live.length > 0;
    const reconcileAt = nextReconciliation({ now, changedAt, live, inFull, hasAccount: userId !== null });
    await sql.query(FINISH_SYNC, [customer, owner, changedAt]);
    await scheduleReconciliation(sql, customer, reconcileAt);
    // What was fetched before the account's deletion ended the payments is no news; the next sync looks again in a minute.
    if (userId !== null || released) this.alert(customer, userId, state.live);
    return owner;
  }

  /** Logs what an operator must see to. */
  private alert(customer: string, userId: string | null, live: LiveSubscription[]): void {
    this.alertReversal(customer, userId, live[0]);
    const subscriptions = live.map(({ id }) => id);
    if (userId === null && live.length > 0) {
      this.logger.error(
        { alert: 'stripe.orphan_subscription', customer, subscriptions },
        'a deleted account still pays: cancel and refund at Stripe',
      );
    } else if (live.length > 1) {
      this.logger.error(
        { alert: 'stripe.duplicate_subscription', customer, userId, subscriptions },
        'a person pays more than once: cancel and refund the surplus at Stripe',
      );
    }
  }

  private alertReversal(customer: string, userId: string | null, best: LiveSubscription | undefined): void {
    if (userId === null || !best?.paymentKnown || best.withheld === null) return;
    const { id: subscription, paidInvoice: invoice, withheld: reason } = best;
    this.logger.error(
      { alert: 'stripe.payment_reversed', customer, userId, subscription, invoice, reason },
      'a payment was given back, so Pro has ended: cancel the subscription at Stripe unless it is to renew',
    );
  }
}

function toCustomerState({ exists, subscriptions }: StripeState): CustomerState {
  const live = subscriptions.filter(({ status }) => isLive(status));
  return { exists, live: bestFirst(live.map((one) => ({ ...one, paymentKnown: false }))) };
}

function bestFirst(live: LiveSubscription[]): LiveSubscription[] {
  const best = chooseBest(live);
  return best ? [best, ...live.filter((one) => one !== best)] : [];
}

/** @returns whether anything changed */
async function storeSubscription(
  sql: Sql,
  userId: string,
  best: LiveSubscription | undefined,
): Promise<boolean> {
  const [row] = best
    ? await sql.query(STORE_SUBSCRIPTION, [userId, ...subscriptionValues(best)])
    : await sql.query(DELETE_SUBSCRIPTION, [userId]);
  return row?.changed ?? false;
}

/** @param at null for never */
async function scheduleReconciliation(sql: Sql, customer: string, at: Date | null): Promise<void> {
  if (at) await sql.query(SCHEDULE_ITEM, ['customer-reconciliation', customer, at]);
  else await sql.query(UNSCHEDULE_ITEM, ['customer-reconciliation', customer]);
}

/** Parameters $2 to $10 of STORE_SUBSCRIPTION. */
function subscriptionValues(best: LiveSubscription): SubscriptionValues {
  const { id, status, currentPeriodStart, currentPeriodEnd, endsAt } = best;
  const { withheld, paidInvoice, paymentKnown } = best;
  const ends = endsWithPeriod(best);
  return [
    id,
    status,
    currentPeriodStart,
    currentPeriodEnd,
    ends,
    endsAt,
    withheld,
    paidInvoice,
    paymentKnown,
  ];
}
