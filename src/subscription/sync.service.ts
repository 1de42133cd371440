import { Injectable, Logger } from '@nestjs/common';
import { failpoint } from '../common/failpoint.js';
import { Database, type Sql } from '../infra/postgres/database.js';
import { StripeCheckouts } from '../infra/stripe/stripe-checkouts.js';
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

/** A customer as Stripe described it. */
interface CustomerState {
  /** As in StripeState: null when it was not fetched. */
  exists: boolean | null;
  /** Live Pro subscriptions, the best first. */
  live: ProSubscription[];
}

export interface SyncResult extends CustomerState {
  /** The user id of the customer's owner; null for a customer without an account; undefined when a later sync has stored it. */
  owner: string | null | undefined;
}

interface NumberedState {
  customer: string;
  /** The number of the sync that fetched the state. */
  number: number;
  state: CustomerState;
}

/** Brings what is stored of a customer in line with Stripe. Events, the return from checkout and reconciliation all use it. */
@Injectable()
export class SyncService {
  private readonly logger = new Logger(SyncService.name);

  constructor(
    private readonly database: Database,
    private readonly subscriptions: StripeSubscriptions,
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
    return this.run(customer, () => this.subscriptions.stateOf(customer));
  }

  /** As `sync`, with the calls that no request has time for: whether a customer without a subscription still exists. */
  syncInFull(customer: string): Promise<SyncResult | null> {
    return this.run(customer, () => this.subscriptions.fullStateOf(customer));
  }

  /** As `sync`, for a customer that Stripe was found not to know. No call is made, because a deletion is final. */
  syncMissing(customer: string): Promise<SyncResult | null> {
    return this.run(customer, async () => ({ exists: false, subscriptions: [] }));
  }

  private async run(customer: string, fetch: () => Promise<StripeState>): Promise<SyncResult | null> {
    const number = await this.takeNumber(customer);
    if (number === null) return null;
    const state = toCustomerState(await fetch());
    failpoint('sync.fetched');
    const owner = await this.database.transaction((sql) => this.store(sql, { customer, number, state }));
    failpoint('sync.applied');
    if (owner === null) await this.checkouts.expireAll(customer);
    return { ...state, owner };
  }

  private async takeNumber(customer: string): Promise<number | null> {
    const [row] = await this.database.query(TAKE_SYNC_NUMBER, [customer]);
    return row?.syncNumber ?? null;
  }

  private async store(sql: Sql, { customer, number, state }: NumberedState): Promise<SyncResult['owner']> {
    const [row] = await sql.query(ACCEPT_SYNC_RESULT, [customer, number]);
    if (!row) return undefined;
    const { userId } = row;
    const changed = userId !== null && (await storeSubscription(sql, userId, state.live[0]));
    const now = new Date();
    const changedAt = changed ? now : row.changedAt;
    const owner = state.exists === false ? null : userId;
    const live = state.live.length > 0;
    const reconcileAt = nextReconciliation({ now, changedAt, live, hasAccount: userId !== null });
    await sql.query(FINISH_SYNC, [customer, owner, changedAt]);
    await scheduleReconciliation(sql, customer, reconcileAt);
    this.alert(customer, userId, state.live);
    return owner;
  }

  /** Logs payments that an operator must refund. */
  private alert(customer: string, userId: string | null, live: ProSubscription[]): void {
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
}

function toCustomerState({ exists, subscriptions }: StripeState): CustomerState {
  const live = subscriptions.filter(({ status }) => isLive(status));
  const best = chooseBest(live);
  return { exists, live: best ? [best, ...live.filter((one) => one !== best)] : [] };
}

/** @returns whether anything changed */
async function storeSubscription(
  sql: Sql,
  userId: string,
  best: ProSubscription | undefined,
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

/** Parameters $2 to $7 of STORE_SUBSCRIPTION. */
function subscriptionValues(best: ProSubscription): SubscriptionValues {
  const { id, status, currentPeriodStart, currentPeriodEnd, endsAt } = best;
  return [id, status, currentPeriodStart, currentPeriodEnd, endsWithPeriod(best), endsAt];
}
